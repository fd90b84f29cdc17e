//! Builds elements of one type, which Leptos's effects update.
//!
//! `view!` gives every element a type of its own, and code for each type: three quarters of the page's bytes. Here every
//! element is the same [`Node`], and every handler and effect is boxed, so the phone downloads this code once. Handlers and
//! effects belong to the reactive owner that was current when they were made, and are dropped with it.

use std::any::Any;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, File, HtmlElement, HtmlInputElement};

/// An HTML element. Clones refer to the same element.
#[derive(Clone)]
pub struct Node(HtmlElement);

/// Creates an element.
#[inline(never)]
pub fn el(tag: &str) -> Node {
    let element = document().create_element(tag).expect("the tags in this program are names of HTML elements");
    Node(element.unchecked_into())
}

/// Creates an element with a class.
#[inline(never)]
pub fn el_class(tag: &str, class: &str) -> Node {
    el(tag).attr("class", class)
}

/// Creates a paragraph.
#[inline(never)]
pub fn p(text: &str) -> Node {
    el("p").text(text)
}

/// Creates a button whose `data-action` is `action`.
pub fn button(class: &str, action: &str, label: &str, act: impl FnMut() + 'static) -> Node {
    boxed_button(class, action, label, Box::new(act))
}

#[inline(never)]
fn boxed_button(class: &str, action: &str, label: &str, mut act: Box<dyn FnMut()>) -> Node {
    el_class("button", class).attr("type", "button").attr("data-action", action).text(label).on("click", move |_| act())
}

/// Runs `run` at once, and again whenever a signal that it read changes, until the present owner ends.
pub fn effect(run: impl Fn() + 'static) {
    boxed_effect(Box::new(run));
}

#[inline(never)]
fn boxed_effect(run: Box<dyn Fn()>) {
    keep_alive(Box::new(RenderEffect::new(move |_: Option<()>| run())));
}

/// Keeps `value` alive until the present owner ends.
#[inline(never)]
pub fn keep_alive(value: Box<dyn Any>) {
    StoredValue::new_local(value);
}

/// The value of the control that the event comes from.
#[inline(never)]
pub fn event_value(event: &Event) -> String {
    // `select` and `textarea` have the same property, under the same name.
    event.target().map(|target| target.unchecked_into::<HtmlInputElement>().value()).unwrap_or_default()
}

/// An attribute of the element that the event comes from; empty where it has none.
pub fn event_attr(event: &Event, name: &str) -> String {
    event.target().map(|target| Node(target.unchecked_into()).get_attr(name)).unwrap_or_default()
}

/// Whether the check box or radio button that the event comes from is checked.
#[inline(never)]
pub fn event_checked(event: &Event) -> bool {
    event.target().is_some_and(|target| target.unchecked_into::<HtmlInputElement>().checked())
}

/// Takes the file that was chosen. The browser's own list is emptied, so that choosing the same file again is a change.
pub fn chosen_file(event: &Event) -> Option<File> {
    let input: HtmlInputElement = event.target()?.unchecked_into();
    let file = input.files()?.get(0);
    input.set_value("");
    file
}

impl Node {
    /// Wraps an element that already exists.
    pub const fn wrap(element: HtmlElement) -> Self {
        Self(element)
    }

    /// Sets an attribute.
    #[inline(never)]
    pub fn attr(self, name: &str, value: &str) -> Self {
        self.set_attr(name, value);
        self
    }

    /// Sets an attribute of a borrowed element.
    #[inline(never)]
    pub fn set_attr(&self, name: &str, value: &str) {
        // It fails only for malformed names, and all names are literals of this program.
        let _ = self.0.set_attribute(name, value);
    }

    /// Sets an attribute without a value, or removes it.
    #[inline(never)]
    pub fn toggle_attr(&self, name: &str, on: bool) {
        if on {
            self.set_attr(name, "");
        } else {
            let _ = self.0.remove_attribute(name);
        }
    }

    /// Sets an attribute without a value if `on`.
    #[inline(never)]
    pub fn attr_if(self, name: &str, on: bool) -> Self {
        self.toggle_attr(name, on);
        self
    }

    /// Appends text, which the browser never parses as markup.
    #[inline(never)]
    pub fn text(self, text: &str) -> Self {
        let _ = self.0.append_with_str_1(text);
        self
    }

    /// Appends a child.
    #[inline(never)]
    #[expect(clippy::needless_pass_by_value, reason = "a child is made where it is appended")]
    pub fn child(self, child: Node) -> Self {
        self.append(&child);
        self
    }

    /// Appends a child to a borrowed element.
    #[inline(never)]
    pub fn append(&self, child: &Node) {
        let _ = self.0.append_child(&child.0);
    }

    /// Appends children.
    pub fn children(self, children: impl IntoIterator<Item = Node>) -> Self {
        for child in children {
            self.append(&child);
        }
        self
    }

    /// Removes all children.
    #[inline(never)]
    pub fn clear(&self) {
        self.0.set_text_content(None);
    }

    /// Handles an event until the present owner ends.
    pub fn on(self, event: &str, act: impl FnMut(Event) + 'static) -> Self {
        self.add_listener(event, Box::new(act));
        self
    }

    #[inline(never)]
    fn add_listener(&self, event: &str, act: Box<dyn FnMut(Event)>) {
        let closure = Closure::<dyn FnMut(Event)>::wrap(act);
        let _ = self.0.add_event_listener_with_callback(event, closure.as_ref().unchecked_ref());
        keep_alive(Box::new(closure));
    }

    /// Fills the element, and empties and fills it again whenever a signal that `fill` read changes.
    pub fn reactive(self, fill: impl Fn(&Node) + 'static) -> Self {
        self.boxed_reactive(Box::new(fill))
    }

    #[inline(never)]
    fn boxed_reactive(self, fill: Box<dyn Fn(&Node)>) -> Self {
        let node = self.clone();
        boxed_effect(Box::new(move || {
            node.clear();
            fill(&node);
        }));
        self
    }

    /// Hides the element while `holds` returns true.
    pub fn hidden_while(self, holds: impl Fn() -> bool + 'static) -> Self {
        self.boxed_hidden_while(Box::new(holds))
    }

    #[inline(never)]
    fn boxed_hidden_while(self, holds: Box<dyn Fn() -> bool>) -> Self {
        let node = self.clone();
        boxed_effect(Box::new(move || node.toggle_attr("hidden", holds())));
        self
    }

    /// Focuses the element and scrolls it into view.
    pub fn focus_and_scroll(&self) {
        // An element that takes no focus still has to be seen.
        let _ = self.0.focus();
        self.0.scroll_into_view();
    }

    /// Focuses the element; the browser scrolls no further than it has to.
    pub fn focus(&self) {
        let _ = self.0.focus();
    }

    /// Inserts `other` before this element.
    pub fn before(&self, other: &Node) {
        let _ = self.0.before_with_node_1(&other.0);
    }

    /// Removes the element from the page.
    pub fn remove(&self) {
        self.0.remove();
    }

    /// An attribute's value; empty where there is none.
    pub fn get_attr(&self, name: &str) -> String {
        self.0.get_attribute(name).unwrap_or_default()
    }

    /// The first descendant that matches.
    pub fn query(&self, selector: &str) -> Option<Self> {
        self.0.query_selector(selector).ok().flatten().map(|found| Self(found.unchecked_into()))
    }

    /// All descendants that match.
    pub fn query_all(&self, selector: &str) -> Vec<Self> {
        let found = self.0.query_selector_all(selector).ok();
        let at = |list: &web_sys::NodeList, index| list.get(index).map(|node| Self(node.unchecked_into()));
        found.iter().flat_map(|list| (0..list.length()).filter_map(move |index| at(list, index))).collect()
    }

    /// The first descendant that matches, or the element itself.
    pub fn query_or_self(&self, selector: &str) -> Self {
        self.query(selector).unwrap_or_else(|| self.clone())
    }

    /// Checks or unchecks a check box or radio button.
    pub fn set_checked(&self, on: bool) {
        self.0.unchecked_ref::<HtmlInputElement>().set_checked(on);
    }

    /// Clicks the element.
    pub fn click(&self) {
        self.0.click();
    }

    /// Sets the value of a control.
    pub fn set_value(&self, value: &str) {
        // `select` has the same property, under the same name.
        self.0.unchecked_ref::<HtmlInputElement>().set_value(value);
    }

    /// Scrolls the element into view.
    pub fn scroll_into_view(&self) {
        self.0.scroll_into_view();
    }

    /// The value of an `input`.
    pub fn value(&self) -> String {
        self.0.unchecked_ref::<HtmlInputElement>().value()
    }

    /// Focuses the element of this `id`, if there is one.
    pub fn focus_by_id(id: &str) {
        if let Some(node) = Self::by_id(id) {
            node.focus();
        }
    }

    /// The element of this `id`.
    pub fn by_id(id: &str) -> Option<Self> {
        document().get_element_by_id(id).map(|element| Self(element.unchecked_into()))
    }
}
