//! Rate limits by address.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use amanat_shared::dates::Day;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::config::LimitSettings;

use super::LimitError;

/// Above this many addresses, all counts start again.
const MAX_ADDRESSES: usize = 200_000;

/// A keyed hash of an address. Without the day's key it does not lead back to the address.
type AddressHash = [u8; 8];

/// Counts by address, under a key of the day.
pub struct AddressLimits {
    requests: Quota,
    uploads: Quota,
    today: Mutex<Option<Arc<DayCounts>>>,
}

struct DayCounts {
    day: Day,
    key: [u8; 32],
    requests: DefaultKeyedRateLimiter<AddressHash>,
    uploads: DefaultKeyedRateLimiter<AddressHash>,
}

impl AddressLimits {
    pub(super) fn new(settings: &LimitSettings) -> Self {
        Self {
            requests: Quota::per_minute(settings.requests_per_minute),
            uploads: Quota::per_hour(settings.uploads_per_hour),
            today: Mutex::default(),
        }
    }

    /// Counts a request, or returns how long to wait.
    pub(super) fn request(&self, address: IpAddr, day: Day) -> Result<(), LimitError> {
        let today = self.today(day);
        today.requests.check_key(&today.hash(address)).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            LimitError::Busy(wait + Duration::from_secs(1))
        })
    }

    /// Counts a new upload, and returns whether it is within the address's share.
    pub(super) fn upload(&self, address: IpAddr, day: Day) -> bool {
        let today = self.today(day);
        today.uploads.check_key(&today.hash(address)).is_ok()
    }

    /// Drops the counts of addresses that have been quiet.
    pub(super) fn tidy(&self) {
        let mut slot = self.today.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(today) = slot.as_ref() else { return };
        for counts in [&today.requests, &today.uploads] {
            counts.retain_recent();
            counts.shrink_to_fit();
        }
        if today.requests.len().max(today.uploads.len()) > MAX_ADDRESSES {
            *slot = None;
        }
    }

    /// Returns today's counts. Yesterday's are dropped with their key.
    fn today(&self, day: Day) -> Arc<DayCounts> {
        // No code that holds the lock can leave the counts inconsistent.
        let mut slot = self.today.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(today) = slot.as_ref().filter(|today| today.day == day) {
            return Arc::clone(today);
        }
        let mut key = [0; 32];
        // Without random bytes no upload gets an id either. Until they return, the key is zero, and addresses are still counted
        // apart.
        let _ = getrandom::fill(&mut key);
        let (requests, uploads) = (RateLimiter::keyed(self.requests), RateLimiter::keyed(self.uploads));
        Arc::clone(slot.insert(Arc::new(DayCounts { day, key, requests, uploads })))
    }
}

impl DayCounts {
    fn hash(&self, address: IpAddr) -> AddressHash {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes a key of any length");
        match address.to_canonical() {
            IpAddr::V4(address) => mac.update(&address.octets()),
            // A client with one address of a /64 has all of them.
            IpAddr::V6(address) => mac.update(&address.octets()[..8]),
        }
        let mut hash = [0; 8];
        hash.copy_from_slice(&mac.finalize().into_bytes()[..8]);
        hash
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn addresses(number: u32) -> AddressLimits {
        let number = NonZeroU32::new(number).unwrap();
        AddressLimits::new(&LimitSettings { requests_per_minute: number, uploads_per_hour: number, ..LimitSettings::default() })
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn each_address_has_its_own_share() {
        let (addresses, day) = (addresses(3), Day(20_000));
        for _ in 0..3 {
            assert!(addresses.request(ip("192.0.2.1"), day).is_ok() && addresses.upload(ip("192.0.2.1"), day));
        }
        let Err(LimitError::Busy(wait)) = addresses.request(ip("192.0.2.1"), day) else { panic!("a fourth was let in") };
        assert!(wait <= Duration::from_secs(21) && wait > Duration::from_secs(10), "{wait:?}");
        assert!(!addresses.upload(ip("192.0.2.1"), day));
        assert!(addresses.upload(ip("192.0.2.2"), day) && addresses.request(ip("192.0.2.2"), day).is_ok());
    }

    #[test]
    fn an_ipv6_64_counts_as_one_address_and_a_mapped_address_as_ipv4() {
        let (addresses, day) = (addresses(1), Day(20_000));
        assert!(addresses.upload(ip("2001:db8:1:2::1"), day) && !addresses.upload(ip("2001:db8:1:2:ffff::9"), day));
        assert!(addresses.upload(ip("2001:db8:1:3::1"), day));
        assert!(addresses.upload(ip("192.0.2.1"), day) && !addresses.upload(ip("::ffff:192.0.2.1"), day));
    }

    #[test]
    fn a_new_day_has_a_new_key_and_no_counts() {
        let addresses = addresses(1);
        assert!(addresses.upload(ip("192.0.2.1"), Day(1)) && !addresses.upload(ip("192.0.2.1"), Day(1)));
        let before = addresses.today(Day(1)).hash(ip("192.0.2.1"));
        assert!(addresses.upload(ip("192.0.2.1"), Day(2)));
        assert_ne!(addresses.today(Day(2)).hash(ip("192.0.2.1")), before);
    }
}
