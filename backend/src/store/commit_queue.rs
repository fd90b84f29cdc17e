//! A queue that commits the steps of uploads in batches. Steps that arrive while the disk syncs one batch share the next
//! transaction, and so one sync. Each step is answered only once its transaction is durable.

use tokio::sync::{mpsc, oneshot};

use super::batch::{self, BatchStep};
use super::upload_record::UploadOutcome;
use super::{StoreError, Transaction, WriterPool};

/// Maximum of steps in one transaction.
const MAX_STEPS: usize = 256;
/// No further step joins a batch above this many bytes, by which the write-ahead log grows.
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// Maximum of queued steps. Further callers wait, and so do their phones.
const MAX_QUEUED: usize = 1024;

/// A queued step, and the channel for its result.
struct QueuedStep {
    step: BatchStep,
    result: oneshot::Sender<Result<UploadOutcome, StoreError>>,
}

/// A handle of the queue. The task behind it ends when all handles are dropped.
#[derive(Clone, Debug)]
pub(super) struct CommitQueue(mpsc::Sender<QueuedStep>);

impl CommitQueue {
    /// Starts the queue's task.
    pub fn start(writers: WriterPool) -> Self {
        let (sender, steps) = mpsc::channel(MAX_QUEUED);
        tokio::spawn(run(writers, steps));
        Self(sender)
    }

    /// Queues a step, and returns once it is durable or has failed.
    pub async fn commit(&self, step: BatchStep) -> Result<UploadOutcome, StoreError> {
        let (result, answer) = oneshot::channel();
        self.0.send(QueuedStep { step, result }).await.map_err(|_| StoreError::Away)?;
        answer.await.unwrap_or(Err(StoreError::Away))
    }
}

async fn run(writers: WriterPool, mut steps: mpsc::Receiver<QueuedStep>) {
    while let Some(first) = steps.recv().await {
        let mut batch = vec![first];
        let transaction = match writers.permit().await {
            Ok(permit) => {
                // Steps that arrived while another transaction was writing join the batch.
                collect_batch(&mut batch, &mut steps);
                writers.begin(permit).await
            }
            Err(error) => Err(error),
        };
        match transaction {
            Ok(transaction) => commit(&writers, transaction, batch).await,
            Err(error) => fail_all(batch, &error),
        }
    }
}

fn collect_batch(batch: &mut Vec<QueuedStep>, steps: &mut mpsc::Receiver<QueuedStep>) {
    let mut bytes: usize = batch.iter().map(|queued| queued.step.bytes()).sum();
    while batch.len() < MAX_STEPS
        && bytes < MAX_BYTES
        && let Ok(queued) = steps.try_recv()
    {
        bytes += queued.step.bytes();
        batch.push(queued);
    }
}

/// Commits the batch in one transaction. If that fails because of one step or for lack of space, it commits each step alone.
async fn commit(writers: &WriterPool, transaction: Transaction, batch: Vec<QueuedStep>) {
    let error = match commit_together(transaction, &batch).await {
        Ok(outcomes) => {
            for (queued, outcome) in batch.into_iter().zip(outcomes) {
                // A caller that has gone asks again.
                let _ = queued.result.send(outcome);
            }
            return;
        }
        Err(error) => error,
    };
    if batch.len() == 1 || matches!(error, StoreError::Away) {
        return fail_all(batch, &error);
    }
    let mut batch = batch.into_iter();
    while let Some(queued) = batch.next() {
        let alone = std::slice::from_ref(&queued);
        let outcome = match writers.begin_transaction().await {
            Ok(transaction) => commit_together(transaction, alone)
                .await
                .and_then(|mut outcomes| outcomes.pop().unwrap_or(Err(StoreError::Damaged))),
            Err(error) => Err(error),
        };
        let away = matches!(outcome, Err(StoreError::Away | StoreError::Busy));
        let _ = queued.result.send(outcome);
        if away {
            return fail_all(batch.collect(), &StoreError::Away);
        }
    }
}

/// Commits one transaction.
async fn commit_together(
    mut transaction: Transaction,
    batch: &[QueuedStep],
) -> Result<Vec<Result<UploadOutcome, StoreError>>, StoreError> {
    let steps: Vec<&BatchStep> = batch.iter().map(|queued| &queued.step).collect();
    let outcomes = batch::apply(transaction.connection(), &steps).await?;
    transaction.commit().await?;
    Ok(outcomes)
}

fn fail_all(batch: Vec<QueuedStep>, error: &StoreError) {
    for queued in batch {
        let _ = queued.result.send(Err(error.clone()));
    }
}

#[cfg(test)]
mod tests;
