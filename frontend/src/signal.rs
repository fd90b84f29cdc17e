//! Values that effects watch: all of them with one kind of signal, since Leptos makes code of its own for every type that a
//! signal or a memo holds, and the phone would download each.

use std::cell::RefCell;

use leptos::prelude::{Memo, Notify, Read, Track, Trigger};
use send_wrapper::SendWrapper;

/// A value, and the signal that it has changed.
pub struct Signal<T> {
    value: RefCell<T>,
    changed: Trigger,
}

impl<T> Signal<T> {
    /// A value to be watched, for as long as the present owner lives.
    pub fn new(value: T) -> Self {
        Self { value: RefCell::new(value), changed: Trigger::new() }
    }

    /// Looks at it; the present effect runs again when it changes.
    pub fn with<U>(&self, look: impl FnOnce(&T) -> U) -> U {
        self.changed.track();
        self.with_untracked(look)
    }

    /// Looks at it.
    pub fn with_untracked<U>(&self, look: impl FnOnce(&T) -> U) -> U {
        look(&self.value.borrow())
    }

    /// Changes it.
    pub fn update(&self, change: impl FnOnce(&mut T)) {
        change(&mut self.value.borrow_mut());
        self.changed.notify();
    }

    /// Puts another in its place.
    pub fn set(&self, value: T) {
        self.update(|old| *old = value);
    }
}

impl<T: Clone> Signal<T> {
    /// A copy; the present effect runs again when it changes.
    pub fn get(&self) -> T {
        self.with(T::clone)
    }

    /// A copy.
    pub fn get_untracked(&self) -> T {
        self.with_untracked(T::clone)
    }
}

/// What an effect really depends on, of what it would have to watch for that: the effect runs again only when this text is
/// another.
#[derive(Clone, Copy)]
pub struct TextMemo(Memo<String>);

impl TextMemo {
    /// Taken anew whenever something that it read changes.
    pub fn new(take: impl Fn() -> String + 'static) -> Self {
        Self::boxed(Box::new(take))
    }

    #[inline(never)]
    fn boxed(take: Box<dyn Fn() -> String>) -> Self {
        // There is one thread, and this never leaves it.
        let take = SendWrapper::new(take);
        Self(Memo::new(move |_| take()))
    }

    /// Looks at it; the present effect runs again when it changes.
    pub fn get(self) -> String {
        self.0.read().clone()
    }
}
