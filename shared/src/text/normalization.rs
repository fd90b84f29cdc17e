//! Unicode's normal forms: the browser's own on the phone, where tables would cost between 2 and 46 KB, and those of
//! `unicode-normalization` elsewhere. Unicode never changes how an assigned character is composed or taken apart, so the
//! two agree on whatever the older of them knows.

#[cfg(not(target_arch = "wasm32"))]
mod here {
    use unicode_normalization::UnicodeNormalization;

    pub fn composed(text: &str) -> String {
        text.nfc().collect()
    }

    pub fn taken_apart(text: &str) -> String {
        text.nfkd().collect()
    }
}

#[cfg(target_arch = "wasm32")]
mod here {
    use js_sys::JsString;

    pub fn composed(text: &str) -> String {
        JsString::from(text).normalize("NFC").into()
    }

    pub fn taken_apart(text: &str) -> String {
        JsString::from(text).normalize("NFKD").into()
    }
}

/// Normal form C: marks in their canonical order, one character for a letter with its mark where there is one.
pub use here::composed;
/// Compatibility form D: every letter without its marks, presentation forms as plain letters.
pub use here::taken_apart;
