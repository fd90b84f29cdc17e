//! Input as a person gives it (touch, typing, choosing, attaching), and what the person sees.

use std::{fs, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{Browser, Control, Edition, NAVIGATION};

/// This script finds a visible element, scrolls it into view and returns the point to touch, `{x, y}`, or why there is none. An
/// `input` that its label draws is touched at the label.
const PLACE: &str = r"(async (selector, finger) => {
    if (finger) {
        const why = (WHY_NOT_STILL)();
        if (why) return {why};
    }
    const shown = e => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== 'hidden';
    const found = [...document.querySelectorAll(selector)];
    let element = found.find(shown) ?? found.find(e => e.labels && [...e.labels].some(shown));
    if (!element) return {why: 'not there'};
    if (element.disabled) return {why: 'disabled'};
    const touches = (target, x, y) => {
        const hit = document.elementFromPoint(x, y);
        return hit && (target.contains(hit) || hit === element || (element.labels && [...element.labels].some(l => l.contains(hit))));
    };
    const frame = () => new Promise(done => requestAnimationFrame(done));
    for (const target of [element, ...(element.labels ?? [])]) {
        if (!shown(target)) continue;
        target.scrollIntoView({block: 'center', inline: 'nearest', behavior: 'instant'});
        await frame();
        const before = target.getBoundingClientRect();
        await frame();
        const box = target.getBoundingClientRect();
        if (before.top !== box.top || before.left !== box.left) return {why: 'still moving'};
        const x = box.left + box.width / 2, y = box.top + box.height / 2;
        if (box.width >= 8 && box.height >= 8 && touches(target, x, y)) {
            if (!finger) (/^(text|password|search)/.test(element.type) ? element.focus() : element.click());
            return {x, y, width: box.width, height: box.height};
        }
    }
    return {why: 'covered by something else'};
})";

/// This script says why the form takes no touch at present. The form ignores touches shortly after it has drawn something;
/// other pages take any.
const WHY_NOT_STILL: &str = r"(() => {
    if (!document.querySelector('script[data-worker]')) return null;
    const controls = 'button, input, select, textarea, a';
    if (!window.drawnAt) {
        window.drawnAt = performance.now();
        new MutationObserver(changes => {
            const nodes = changes.flatMap(change => change.attributeName ? [change.target] : [...change.addedNodes]);
            const brings = node => node.matches && !node.hidden && (node.matches(controls) || node.querySelector(controls));
            if (!nodes.some(brings)) return;
            window.drawnAt = Infinity;
            requestAnimationFrame(() => requestAnimationFrame(() => { window.drawnAt = performance.now(); }));
        }).observe(document.body, {childList: true, subtree: true, attributes: true, attributeFilter: ['hidden']});
    }
    return performance.now() - window.drawnAt < 500 ? 'just drawn' : null;
})";

/// The number of looks, some seconds in all, after which a field is touched again.
const LOOKS_BEFORE_ANOTHER_TOUCH: u32 = 150;

impl Browser {
    /// Touches an element in its middle as soon as the page takes touches.
    pub(crate) fn tap(&mut self, selector: &str) {
        let place = self.place(selector, true);
        let (x, y) = (&place["x"], &place["y"]);
        if let Control::WebDriver(driver) = &self.control {
            return driver.click(&format!("document.elementFromPoint({x}, {y})"));
        }
        self.call("Input.dispatchTouchEvent", json!({"type": "touchStart", "touchPoints": [{"x": x, "y": y}]}));
        self.call("Input.dispatchTouchEvent", json!({"type": "touchEnd", "touchPoints": []}));
    }

    /// Activates an element that a person could touch, at once and without a touch, as assistive technology does. Thirty pages
    /// take much less time so; tests about touches set `uses_fingers`.
    pub(crate) fn activate(&mut self, selector: &str) {
        if self.uses_fingers {
            return self.tap(selector);
        }
        self.place(selector, false);
    }

    /// Waits until a touch would do something, and returns the point to touch.
    pub(crate) fn place_of(&mut self, selector: &str) -> Value {
        self.place(selector, true)
    }

    /// Returns the middle of an element, even if the page does not take a touch yet.
    pub(crate) fn place_at_once(&mut self, selector: &str) -> Value {
        let middle = "(box => ({x: box.left + box.width / 2, y: box.top + box.height / 2}))";
        self.evaluate(&format!("{middle}(document.querySelector({}).getBoundingClientRect())", json!(selector)))
    }

    fn place(&mut self, selector: &str, finger: bool) -> Value {
        let place = PLACE.replace("WHY_NOT_STILL", WHY_NOT_STILL);
        let expression = format!("{place}({}, {finger})", json!(selector));
        let mut why = Value::Null;
        self.wait_for(&format!("a chance to touch {selector}"), |browser| {
            let place = browser.evaluate(&expression);
            why = place["why"].clone();
            why.is_null().then_some(place)
        })
    }

    pub(crate) fn wait_until_still(&mut self) {
        self.wait_until("the page to be still", &format!("({WHY_NOT_STILL})() === null"));
    }

    /// Replaces the text of a field as a keyboard does.
    pub(crate) fn write(&mut self, selector: &str, text: &str) {
        self.activate(selector);
        let field = format!("document.querySelector({})", json!(selector));
        let mut looks = 0;
        self.wait_for(&format!("the cursor in {selector}"), |browser| {
            looks += 1;
            // A field that is drawn again may lose the cursor; a person touches it once more.
            if looks % LOOKS_BEFORE_ANOTHER_TOUCH == 0 {
                browser.activate(selector);
            }
            (browser.evaluate(&format!("document.activeElement === {field}")) == true).then_some(())
        });
        self.evaluate(&format!("{field}.select()"));
        match &self.control {
            Control::Chromium(_) => drop(self.call("Input.insertText", json!({"text": text}))),
            // U+E007 is the key Enter.
            Control::WebDriver(driver) => driver.send_keys(&field, &text.replace('\n', "\u{e007}")),
        }
        self.wait_until(&format!("{text} in {selector}"), &format!("{field}.value === {}", json!(text)));
    }

    /// Chooses an option of a `select`; headless Chromium draws no list to touch.
    pub(crate) fn choose(&mut self, selector: &str, value: &str) {
        self.wait_until(selector, &format!("!!document.querySelector({})", json!(selector)));
        if let Control::WebDriver(driver) = &self.control {
            let list = format!("document.querySelector({})", json!(selector));
            driver.click(&format!("[...{list}.options].find(option => option.value === {})", json!(value)));
            return self.wait_until(&format!("{value} in {selector}"), &format!("{list}.value === {}", json!(value)));
        }
        let chosen = self.evaluate(&format!(
            "(list => {{
                list.focus();
                list.value = {value};
                list.dispatchEvent(new Event('input', {{bubbles: true}}));
                list.dispatchEvent(new Event('change', {{bubbles: true}}));
                return list.value;
            }})(document.querySelector({selector}))",
            value = json!(value),
            selector = json!(selector),
        ));
        assert_eq!(chosen, value, "{selector} does not offer that");
    }

    /// Attaches files to a file input.
    pub(crate) fn attach(&mut self, selector: &str, files: &[&Path]) {
        if let Control::WebDriver(driver) = &self.control {
            let paths: Vec<&str> = files.iter().map(|file| file.to_str().expect("its path is text")).collect();
            return driver.send_keys(&format!("document.querySelector({})", json!(selector)), &paths.join("\n"));
        }
        let found = self.call("Runtime.evaluate", json!({"expression": format!("document.querySelector({})", json!(selector))}));
        let object = found["result"]["objectId"].as_str().unwrap_or_else(|| panic!("there is no {selector}")).to_owned();
        self.call("DOM.setFileInputFiles", json!({"files": files, "objectId": object}));
    }

    /// Goes back to the document before this one, if there is one.
    pub(crate) fn back(&mut self) {
        self.wait_for_history_step("back", -1);
    }

    /// Goes forward to the document after this one, if there is one.
    pub(crate) fn forward(&mut self) {
        self.wait_for_history_step("forward", 1);
    }

    fn wait_for_history_step(&mut self, name: &str, step: i64) {
        if let Control::WebDriver(driver) = &self.control {
            assert_eq!(name, "back", "only Chromium goes forward in these tests");
            driver.back();
            if self.edition == Edition::WebKit {
                // Its driver may lose a question during the navigation, so nothing can be awaited.
                self.pause(NAVIGATION);
            }
            return;
        }
        let history = self.call("Page.getNavigationHistory", json!({}));
        let entries = history["entries"].as_array().map_or(0, Vec::len);
        let index = history["currentIndex"].as_i64().expect("Chromium has an index") + step;
        if usize::try_from(index).is_ok_and(|index| index < entries) {
            self.wait_for_new_document(name, |browser| {
                // The navigation waits, since it would take the answer to this call with it.
                browser.evaluate(&format!("void setTimeout(() => history.{name}(), 50)"));
            });
        }
    }

    /// Returns whether an element exists and is visible.
    pub(crate) fn sees(&mut self, selector: &str) -> bool {
        self.evaluate(&format!(
            "[...document.querySelectorAll({})].some(e => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== 'hidden')",
            json!(selector)
        )) == true
    }

    /// Returns the visible text of the first element that matches.
    pub(crate) fn text_of(&mut self, selector: &str) -> String {
        let text = self.evaluate(&format!("document.querySelector({})?.innerText ?? null", json!(selector)));
        text.as_str().unwrap_or_else(|| panic!("there is no {selector}")).to_owned()
    }

    /// Returns the page as a PDF. WebKit's driver cannot print.
    pub(crate) fn print(&mut self) -> Option<Vec<u8>> {
        let pdf = match &self.control {
            Control::WebDriver(_) if self.edition == Edition::WebKit => return None,
            Control::WebDriver(driver) => driver.print(),
            Control::Chromium(_) => self.call("Page.printToPDF", json!({"preferCSSPageSize": true}))["data"].clone(),
        };
        Some(STANDARD.decode(pdf.as_str().expect("a PDF is base64")).expect("a PDF is base64"))
    }

    /// Drops files on an element.
    pub(crate) fn drop_files(&mut self, selector: &str, files: &[&Path]) {
        // Only a file input accepts files from the driver.
        self.evaluate(
            "(() => { const field = Object.assign(document.createElement('input'), {type: 'file', multiple: true, id: 'carried'});
                document.body.append(field); })()",
        );
        self.attach("#carried", files);
        self.wait_until("the files in the hand", &format!("document.querySelector('#carried').files.length === {}", files.len()));
        self.evaluate(&format!(
            "(() => {{
                const field = document.querySelector('#carried'), carried = new DataTransfer();
                for (const file of field.files) carried.items.add(file);
                field.remove();
                const event = kind => new DragEvent(kind, {{dataTransfer: carried, bubbles: true, cancelable: true}});
                for (const kind of ['dragover', 'drop']) document.querySelector({selector}).dispatchEvent(event(kind));
            }})()",
            selector = json!(selector)
        ));
    }

    /// Takes a screenshot once two in a row are equal.
    pub(crate) fn screenshot(&mut self, file: &Path) {
        let mut before = None;
        let screenshot = self.wait_for("a still picture", |browser| {
            let now = match &browser.control {
                Control::Chromium(_) => browser.call("Page.captureScreenshot", json!({"format": "png"}))["data"].clone(),
                Control::WebDriver(driver) => driver.screenshot(),
            };
            let still = before.replace(now.clone()).is_some_and(|before| before == now);
            still.then_some(now)
        });
        let bytes = STANDARD.decode(screenshot.as_str().expect("a picture is base64")).expect("a picture is base64");
        fs::create_dir_all(file.parent().expect("a file is in a folder")).expect("the folder for pictures");
        fs::write(file, bytes).expect("the picture is written");
    }

    /// Takes a screenshot of the whole page; through a driver, of its visible part.
    pub(crate) fn full_page_screenshot(&mut self, file: &Path) {
        if matches!(self.control, Control::WebDriver(_)) {
            return self.screenshot(file); // A driver needs a second to make the window higher.
        }
        let height = self.evaluate("Math.max(740, document.documentElement.scrollHeight)");
        let metrics = |height: &Value| json!({"width": 360, "height": height, "deviceScaleFactor": 2, "mobile": true});
        self.call("Emulation.setDeviceMetricsOverride", metrics(&height));
        self.screenshot(file);
        self.call("Emulation.setDeviceMetricsOverride", metrics(&json!(740)));
    }
}
