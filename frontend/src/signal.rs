//! Values that effects follow. All use one kind of Leptos signal: Leptos generates code for every type that a signal or a memo
//! holds, and the phone would download each.

use std::cell::RefCell;

use leptos::prelude::{Memo, Notify, Read, Track, Trigger};
use send_wrapper::SendWrapper;

/// A value whose changes effects follow.
pub struct Signal<T> {
    value: RefCell<T>,
    changed: Trigger,
}

impl<T> Signal<T> {
    /// A signal that lives as long as the present owner.
    pub fn new(value: T) -> Self {
        Self { value: RefCell::new(value), changed: Trigger::new() }
    }

    /// Reads the value. The present effect runs again when it changes.
    pub fn with<U>(&self, read: impl FnOnce(&T) -> U) -> U {
        self.changed.track();
        self.with_untracked(read)
    }

    /// Reads the value.
    pub fn with_untracked<U>(&self, read: impl FnOnce(&T) -> U) -> U {
        read(&self.value.borrow())
    }

    /// Changes the value.
    pub fn update(&self, change: impl FnOnce(&mut T)) {
        change(&mut self.value.borrow_mut());
        self.changed.notify();
    }

    /// Replaces the value.
    pub fn set(&self, value: T) {
        self.update(|old| *old = value);
    }
}

impl<T: Clone> Signal<T> {
    /// A copy of the value. The present effect runs again when it changes.
    pub fn get(&self) -> T {
        self.with(T::clone)
    }

    /// A copy of the value.
    pub fn get_untracked(&self) -> T {
        self.with_untracked(T::clone)
    }
}

/// A text that is computed from signals. An effect that reads it runs again only when the text changes, however often the signals
/// do.
#[derive(Clone, Copy)]
pub struct TextMemo(Memo<String>);

impl TextMemo {
    /// A text that is computed again whenever a signal that `compute` read changes.
    pub fn new(compute: impl Fn() -> String + 'static) -> Self {
        Self::boxed(Box::new(compute))
    }

    #[inline(never)]
    fn boxed(compute: Box<dyn Fn() -> String>) -> Self {
        // There is one thread, so this never leaves it.
        let compute = SendWrapper::new(compute);
        Self(Memo::new(move |_| compute()))
    }

    /// The text. The present effect runs again when it changes.
    pub fn get(self) -> String {
        self.0.read().clone()
    }
}
