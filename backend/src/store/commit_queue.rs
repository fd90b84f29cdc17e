//! What phones send is committed in groups: one transaction, and so one wait for the disk, for whatever came while the disk
//! was busy with the group before. Each step is answered only once the commit that it is part of is on the disk.

use tokio::sync::{mpsc, oneshot};

use super::batch::{self, BatchStep};
use super::upload_record::UploadOutcome;
use super::{StoreError, Transaction, WriterPool};

/// Steps in one transaction.
const MAX_STEPS: usize = 256;
/// Bytes after which no further step joins: the write-ahead log grows by as many.
const MAX_BYTES: usize = 8 * 1024 * 1024;
/// Steps that wait. Whoever comes then waits before the queue, and so does their phone.
const MAX_QUEUED: usize = 1024;

/// A step, and who waits for it.
struct QueuedStep {
    step: BatchStep,
    result: oneshot::Sender<Result<UploadOutcome, StoreError>>,
}

/// Where steps are handed in. The writer behind it ends when all of these are gone.
#[derive(Clone, Debug)]
pub(super) struct CommitQueue(mpsc::Sender<QueuedStep>);

impl CommitQueue {
    /// Starts one.
    pub fn start(writers: WriterPool) -> Self {
        let (sender, steps) = mpsc::channel(MAX_QUEUED);
        tokio::spawn(run(writers, steps));
        Self(sender)
    }

    /// Does one step; answers when it is on the disk, or when it is clear that it was not done.
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
                // What came while somebody else wrote joins, too.
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

/// All of them at once; or, if one of them (or the room that all take together) spoils it, each for itself.
async fn commit(writers: &WriterPool, transaction: Transaction, batch: Vec<QueuedStep>) {
    let error = match commit_together(transaction, &batch).await {
        Ok(outcomes) => {
            for (queued, outcome) in batch.into_iter().zip(outcomes) {
                // Who hung up asks again, and sees.
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

/// One transaction.
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
