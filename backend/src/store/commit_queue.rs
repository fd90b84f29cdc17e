//! What phones send is committed in groups: one transaction, and so one wait for the disk, for whatever came while the disk
//! was busy with the group before. Each step is answered only once the commit that it is part of is on the disk.

use tokio::sync::{mpsc, oneshot};

use super::batch::{self, Step};
use super::uploads::Finished;
use super::{StoreError, Turns, Write};

/// Steps in one transaction.
const MOST_STEPS: usize = 256;
/// Bytes after which no further step joins: the write-ahead log grows by as many.
const MANY_BYTES: usize = 8 * 1024 * 1024;
/// Steps that wait. Whoever comes then waits before the queue, and so does their phone.
const MOST_WAITING: usize = 1024;

/// A step, and who waits for it.
struct Waiting {
    step: Step,
    done: oneshot::Sender<Result<Finished, StoreError>>,
}

/// Where steps are handed in. The writer behind it ends when all of these are gone.
#[derive(Clone, Debug)]
pub(super) struct Writer(mpsc::Sender<Waiting>);

impl Writer {
    /// Starts one.
    pub fn start(turns: Turns) -> Self {
        let (sender, steps) = mpsc::channel(MOST_WAITING);
        tokio::spawn(run(turns, steps));
        Self(sender)
    }

    /// Does one step; answers when it is on the disk, or when it is clear that it was not done.
    pub async fn commit(&self, step: Step) -> Result<Finished, StoreError> {
        let (done, answer) = oneshot::channel();
        self.0.send(Waiting { step, done }).await.map_err(|_| StoreError::Away)?;
        answer.await.unwrap_or(Err(StoreError::Away))
    }
}

async fn run(turns: Turns, mut steps: mpsc::Receiver<Waiting>) {
    while let Some(first) = steps.recv().await {
        let mut group = vec![first];
        let write = match turns.turn().await {
            Ok(turn) => {
                // What came while somebody else wrote joins, too.
                gather(&mut group, &mut steps);
                turns.begin(turn).await
            }
            Err(error) => Err(error),
        };
        match write {
            Ok(write) => commit(&turns, write, group).await,
            Err(error) => give_up(group, &error),
        }
    }
}

fn gather(group: &mut Vec<Waiting>, steps: &mut mpsc::Receiver<Waiting>) {
    let mut bytes: usize = group.iter().map(|waiting| waiting.step.bytes()).sum();
    while group.len() < MOST_STEPS
        && bytes < MANY_BYTES
        && let Ok(waiting) = steps.try_recv()
    {
        bytes += waiting.step.bytes();
        group.push(waiting);
    }
}

/// All of them at once; or, if one of them (or the room that all take together) spoils it, each for itself.
async fn commit(turns: &Turns, write: Write, group: Vec<Waiting>) {
    let error = match together(write, &group).await {
        Ok(outcomes) => {
            for (waiting, outcome) in group.into_iter().zip(outcomes) {
                // Who hung up asks again, and sees.
                let _ = waiting.done.send(outcome);
            }
            return;
        }
        Err(error) => error,
    };
    if group.len() == 1 || matches!(error, StoreError::Away) {
        return give_up(group, &error);
    }
    let mut group = group.into_iter();
    while let Some(waiting) = group.next() {
        let alone = std::slice::from_ref(&waiting);
        let outcome = match turns.write().await {
            Ok(write) => together(write, alone).await.and_then(|mut outcomes| outcomes.pop().unwrap_or(Err(StoreError::Damaged))),
            Err(error) => Err(error),
        };
        let away = matches!(outcome, Err(StoreError::Away | StoreError::Busy));
        let _ = waiting.done.send(outcome);
        if away {
            return give_up(group.collect(), &StoreError::Away);
        }
    }
}

/// One transaction.
async fn together(mut write: Write, group: &[Waiting]) -> Result<Vec<Result<Finished, StoreError>>, StoreError> {
    let steps: Vec<&Step> = group.iter().map(|waiting| &waiting.step).collect();
    let outcomes = batch::apply(write.connection(), &steps).await?;
    write.commit().await?;
    Ok(outcomes)
}

fn give_up(group: Vec<Waiting>, error: &StoreError) {
    for waiting in group {
        let _ = waiting.done.send(Err(error.clone()));
    }
}
