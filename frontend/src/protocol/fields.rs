//! The fields of a message, written and read one after the other.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

/// Writes a message or a list, field by field.
pub struct Writer(pub Array);

impl Writer {
    /// Begins a message.
    pub fn new(number: u32) -> Self {
        Self::list().number(number)
    }

    /// Begins a list of fields, such as an answer.
    pub fn list() -> Self {
        Self(Array::new())
    }

    /// Appends a value.
    #[inline(never)]
    pub fn value(self, value: &JsValue) -> Self {
        self.0.push(value);
        self
    }

    /// Appends a text.
    #[inline(never)]
    pub fn text(self, text: &str) -> Self {
        self.value(&text.into())
    }

    /// Appends a number.
    #[inline(never)]
    pub fn number(self, number: u32) -> Self {
        self.value(&number.into())
    }

    /// Appends a truth value.
    pub fn flag(self, flag: bool) -> Self {
        self.value(&flag.into())
    }

    /// Appends a list of texts.
    #[inline(never)]
    pub fn texts(self, texts: &[String]) -> Self {
        let mut list = Self::list();
        for text in texts {
            list = list.text(text);
        }
        self.value(&list.0)
    }
}

/// Reads a message's fields one after the other. A field that is missing or of another type reads as empty, 0 or false.
pub struct Reader {
    fields: Array,
    at: u32,
}

impl Reader {
    /// Reads from the first field on.
    pub fn new(message: &JsValue) -> Self {
        Self { fields: message.clone().unchecked_into(), at: 0 }
    }

    /// Whether another field follows.
    pub fn has_more(&self) -> bool {
        self.at < self.fields.length()
    }

    /// The next field as it is.
    #[inline(never)]
    pub fn value(&mut self) -> JsValue {
        self.at += 1;
        self.fields.get(self.at - 1)
    }

    /// The next field, a text.
    #[inline(never)]
    pub fn text(&mut self) -> String {
        self.value().as_string().unwrap_or_default()
    }

    /// The next field, a number.
    #[inline(never)]
    pub fn number(&mut self) -> u32 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "every number in a message was a u32")]
        let number = self.value().as_f64().unwrap_or(0.0) as u32;
        number
    }

    /// The next field, a truth value.
    pub fn flag(&mut self) -> bool {
        self.value().is_truthy()
    }

    /// The next field, a list.
    pub fn list(&mut self) -> Array {
        self.value().unchecked_into()
    }

    /// The next field, a list of texts.
    #[inline(never)]
    pub fn texts(&mut self) -> Vec<String> {
        let mut list = Self::new(&self.value());
        let mut texts = Vec::new();
        while list.has_more() {
            texts.push(list.text());
        }
        texts
    }

    /// The next field, bytes.
    pub fn bytes(&mut self) -> Uint8Array {
        self.value().unchecked_into()
    }
}
