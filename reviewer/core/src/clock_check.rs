//! Whether this computer's day can be right: every deadline and tier hangs on it.

use amanat_shared::dates::Day;
use amanat_shared::pack::Pack;

/// Days after a pack's last day from which the computer's clock is no longer believed.
const STALE_DAYS: i64 = 60;

/// Whether the day contradicts what the coalition signed, or when the newest registration came. A day of grace: the server's
/// day is not Kabul's.
pub fn is_wrong(today: Day, pack: Option<&Pack>, newest_received: Option<Day>) -> bool {
    let day = |text: &str| Day::from_iso(text.get(..10).unwrap_or_default());
    let (issued, expires) = (pack.and_then(|pack| day(&pack.issued)), pack.and_then(|pack| day(&pack.expires)));
    let is_before = |known: Option<Day>| known.is_some_and(|known| known.days_since(today) > 1);
    is_before(issued) || is_before(newest_received) || expires.is_some_and(|last| today.days_since(last) > STALE_DAYS)
}
