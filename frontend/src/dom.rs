//! Elements of one type, kept up by Leptos's signals.
//!
//! `view!` makes a type of its own of every element, and code for each: three quarters of the page's bytes. Here every
//! element is the same [`Node`], and every handler and effect is boxed, so the phone downloads this code once. Handlers and
//! effects belong to the reactive owner in which they were made, and end with it: nothing of a page outlives it.

use std::any::Any;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, File, HtmlElement, HtmlInputElement};

/// An element.
#[derive(Clone)]
pub struct Node(HtmlElement);

/// A new element.
#[inline(never)]
pub fn el(tag: &str) -> Node {
    let element = document().create_element(tag).expect("the tags in this program are names of HTML elements");
    Node(element.unchecked_into())
}

/// A new element of a class.
#[inline(never)]
pub fn of(tag: &str, class: &str) -> Node {
    el(tag).set("class", class)
}

/// A paragraph.
#[inline(never)]
pub fn p(text: &str) -> Node {
    el("p").text(text)
}

/// A button that does something, under its hook.
pub fn button(class: &str, action: &str, label: &str, act: impl FnMut() + 'static) -> Node {
    boxed_button(class, action, label, Box::new(act))
}

#[inline(never)]
fn boxed_button(class: &str, action: &str, label: &str, mut act: Box<dyn FnMut()>) -> Node {
    of("button", class).set("type", "button").set("data-action", action).text(label).on("click", move |_| act())
}

/// Runs at once, and again whenever a signal that it read changes; until its owner ends.
pub fn effect(run: impl Fn() + 'static) {
    boxed_effect(Box::new(run));
}

#[inline(never)]
fn boxed_effect(run: Box<dyn Fn()>) {
    keep(Box::new(RenderEffect::new(move |_: Option<()>| run())));
}

/// Keeps something until the present owner ends.
#[inline(never)]
pub fn keep(it: Box<dyn Any>) {
    StoredValue::new_local(it);
}

/// What a control holds.
#[inline(never)]
pub fn value_of(event: &Event) -> String {
    // Lists and text areas have the same property under the same name.
    event.target().map(|target| target.unchecked_into::<HtmlInputElement>().value()).unwrap_or_default()
}

/// An attribute of what was touched, which may be anything.
pub fn attribute_of(event: &Event, name: &str) -> String {
    event.target().map(|target| Node(target.unchecked_into()).attribute(name)).unwrap_or_default()
}

/// Whether a box is ticked.
#[inline(never)]
pub fn is_ticked(event: &Event) -> bool {
    event.target().is_some_and(|target| target.unchecked_into::<HtmlInputElement>().checked())
}

/// The file that was chosen. The browser's own list is emptied: the same file may be chosen again.
pub fn chosen_file(event: &Event) -> Option<File> {
    let input: HtmlInputElement = event.target()?.unchecked_into();
    let file = input.files()?.get(0);
    input.set_value("");
    file
}

impl Node {
    /// Wraps an element that is there already.
    pub const fn wrap(element: HtmlElement) -> Self {
        Self(element)
    }

    /// Sets an attribute.
    #[inline(never)]
    pub fn set(self, name: &str, value: &str) -> Self {
        self.put(name, value);
        self
    }

    /// Sets an attribute of an element that is in the page.
    #[inline(never)]
    pub fn put(&self, name: &str, value: &str) {
        // It fails for malformed names only, and these are this program's own.
        let _ = self.0.set_attribute(name, value);
    }

    /// Sets an attribute without a value, or takes it away.
    #[inline(never)]
    pub fn flag(&self, name: &str, on: bool) {
        if on {
            self.put(name, "");
        } else {
            let _ = self.0.remove_attribute(name);
        }
    }

    /// Sets an attribute without a value, where it applies.
    #[inline(never)]
    pub fn flagged(self, name: &str, on: bool) -> Self {
        self.flag(name, on);
        self
    }

    /// Appends text. It is never read as markup.
    #[inline(never)]
    pub fn text(self, text: &str) -> Self {
        let _ = self.0.append_with_str_1(text);
        self
    }

    /// Appends an element.
    #[inline(never)]
    #[expect(clippy::needless_pass_by_value, reason = "a child is made where it is added")]
    pub fn add(self, child: Node) -> Self {
        self.append(&child);
        self
    }

    /// Appends an element to one that is in the page.
    #[inline(never)]
    pub fn append(&self, child: &Node) {
        let _ = self.0.append_child(&child.0);
    }

    /// Appends elements.
    pub fn all(self, children: impl IntoIterator<Item = Node>) -> Self {
        for child in children {
            self.append(&child);
        }
        self
    }

    /// Empties it.
    #[inline(never)]
    pub fn clear(&self) {
        self.0.set_text_content(None);
    }

    /// Handles an event until the present owner ends.
    pub fn on(self, event: &str, act: impl FnMut(Event) + 'static) -> Self {
        self.listen(event, Box::new(act));
        self
    }

    #[inline(never)]
    fn listen(&self, event: &str, act: Box<dyn FnMut(Event)>) {
        let closure = Closure::<dyn FnMut(Event)>::wrap(act);
        let _ = self.0.add_event_listener_with_callback(event, closure.as_ref().unchecked_ref());
        keep(Box::new(closure));
    }

    /// Fills it, and anew whenever a signal that the filling read changes.
    pub fn live(self, fill: impl Fn(&Node) + 'static) -> Self {
        self.boxed_live(Box::new(fill))
    }

    #[inline(never)]
    fn boxed_live(self, fill: Box<dyn Fn(&Node)>) -> Self {
        let node = self.clone();
        boxed_effect(Box::new(move || {
            node.clear();
            fill(&node);
        }));
        self
    }

    /// Hides it while this holds.
    pub fn hidden_while(self, holds: impl Fn() -> bool + 'static) -> Self {
        self.boxed_hidden_while(Box::new(holds))
    }

    #[inline(never)]
    fn boxed_hidden_while(self, holds: Box<dyn Fn() -> bool>) -> Self {
        let node = self.clone();
        boxed_effect(Box::new(move || node.flag("hidden", holds())));
        self
    }

    /// Gives it the focus and brings it into view.
    pub fn focus(&self) {
        // Where it cannot take the focus it is still seen.
        let _ = self.0.focus();
        self.0.scroll_into_view();
    }

    /// Gives it the focus where it is.
    pub fn point(&self) {
        let _ = self.0.focus();
    }

    /// Puts an element in front of it.
    pub fn before(&self, other: &Node) {
        let _ = self.0.before_with_node_1(&other.0);
    }

    /// Takes it out of the page.
    pub fn remove(&self) {
        self.0.remove();
    }

    /// An attribute's value; empty where there is none.
    pub fn attribute(&self, name: &str) -> String {
        self.0.get_attribute(name).unwrap_or_default()
    }

    /// The first element inside that matches.
    pub fn inside(&self, selector: &str) -> Option<Self> {
        self.0.query_selector(selector).ok().flatten().map(|found| Self(found.unchecked_into()))
    }

    /// All elements inside that match.
    pub fn each(&self, selector: &str) -> Vec<Self> {
        let found = self.0.query_selector_all(selector).ok();
        let at = |list: &web_sys::NodeList, index| list.get(index).map(|node| Self(node.unchecked_into()));
        found.iter().flat_map(|list| (0..list.length()).filter_map(move |index| at(list, index))).collect()
    }

    /// The first element inside that matches, or itself.
    pub fn first(&self, selector: &str) -> Self {
        self.inside(selector).unwrap_or_else(|| self.clone())
    }

    /// Ticks or unticks a box.
    pub fn tick(&self, on: bool) {
        self.0.unchecked_ref::<HtmlInputElement>().set_checked(on);
    }

    /// Does what a touch would.
    pub fn click(&self) {
        self.0.click();
    }

    /// Puts a value into a control.
    pub fn fill(&self, value: &str) {
        // Lists have the same property under the same name.
        self.0.unchecked_ref::<HtmlInputElement>().set_value(value);
    }

    /// Brings it into view.
    pub fn show(&self) {
        self.0.scroll_into_view();
    }

    /// What a control of one line holds.
    pub fn value(&self) -> String {
        self.0.unchecked_ref::<HtmlInputElement>().value()
    }

    /// Gives the focus to the element of this id, if it is there.
    pub fn point_at(id: &str) {
        if let Some(node) = Self::by_id(id) {
            node.point();
        }
    }

    /// The element of this id.
    pub fn by_id(id: &str) -> Option<Self> {
        document().get_element_by_id(id).map(|element| Self(element.unchecked_into()))
    }
}
