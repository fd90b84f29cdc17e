//! The form's start, its messages where it cannot start, and what happens when the page is closed or its tab is killed.

use serde_json::json;

use crate::{
    drivers::{
        browser::{Browser, Edition},
        form_driver::FormDriver,
    },
    fixtures::{deployment::Deployment, pack::RecipientType},
    personas::relative,
};

const THREE: [&str; 3] = ["fa-AF", "ps", "en"];

#[test]
fn without_webassembly_the_page_names_the_cause_in_three_languages() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let mut browser = Browser::open(Edition::Current);
    // Lockdown Mode and `--js-flags=--noexpose-wasm` remove WebAssembly, too.
    browser.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": "delete globalThis.WebAssembly"}));
    browser.go(&deployment.proxy.origin);
    browser.wait_for("the cause", |browser| browser.sees("#blocked").then_some(()));
    for language in THREE {
        let text = browser.text_of(&format!("#blocked [lang={language}]"));
        assert!(text.contains("WebAssembly") && text.contains("Lockdown Mode"), "{text}");
    }
    assert!(!browser.sees("#failed") && !browser.sees("[data-action=language]"));
    assert_eq!(browser.traffic.to(".wasm").count(), 0, "what cannot run is not fetched");
}

#[test]
fn browsers_that_send_pages_to_a_server_are_warned_of_and_others_are_not() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let android = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko)";
    let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
    let reads_along = [
        "Opera/9.80 (Android; Opera Mini/36.2/119.132; U; id) Presto/2.12.423 Version/12.16".to_owned(),
        format!("{android} Version/4.0 Chrome/124.0 Mobile Safari/537.36 Puffin/10.1.1.51739AP"),
        format!("{android} Version/4.0 Chrome/78.0.3904.108 UCBrowser/13.4.0.1306 Mobile Safari/537.36"),
        format!("{android} Version/4.0 Chrome/124.0 Mobile Safari/537.36 musical_ly_2023 BytedanceWebview/d8a21c6 TikTok"),
        format!("{android} Version/4.0 Chrome/124.0 Mobile Safari/537.36 Snapchat/12.85"),
        format!("{iphone} GSA/320.0 Mobile/15E148 Safari/604.1"),
        format!("{iphone} Mobile/15E148 [FBAN/FBIOS;FBAV/465.0]"),
        format!("{iphone} Mobile/15E148"),
        "Mozilla/5.0 (Linux; Android 13; SM-A125F; wv) AppleWebKit/537.36 Chrome/124.0 Mobile Safari/537.36".to_owned(),
    ];
    let keeps_to_itself = [
        format!("{android} Chrome/124.0.0.0 Mobile Safari/537.36"),
        format!("{android} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36"),
        format!("{iphone} Version/17.5 Mobile/15E148 Safari/604.1"),
        format!("{iphone} CriOS/124.0.6367.88 Mobile/15E148 Safari/604.1"),
        format!("{iphone} FxiOS/125.0 Mobile/15E148 Safari/605.1.15"),
        "Mozilla/5.0 (Android 13; Mobile; rv:125.0) Gecko/125.0 Firefox/125.0".to_owned(),
    ];
    let mut browser = Browser::open(Edition::Current);
    for (agents, warns) in [(&reads_along[..], true), (&keeps_to_itself[..], false)] {
        for agent in agents {
            browser.call("Network.setUserAgentOverride", json!({"userAgent": agent}));
            browser.go(&deployment.proxy.origin);
            browser.wait_for("the first page", |browser| browser.sees("[data-action=language]").then_some(()));
            assert_eq!(browser.sees("#watched"), warns, "{agent}");
        }
    }
}

#[test]
fn a_language_that_is_touched_before_the_program_listens_is_kept_and_shows_it() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    for bytes_a_second in [50_000 / 8, 400_000 / 8] {
        let mut phone = FormDriver::new(Edition::Current);
        let slow =
            json!({"offline": false, "latency": 300, "downloadThroughput": bytes_a_second, "uploadThroughput": bytes_a_second});
        phone.browser.call("Network.emulateNetworkConditions", slow);
        let address = json!(deployment.proxy.origin);
        phone.browser.evaluate(&format!("void setTimeout(() => location.assign({address}), 50)"));
        let button = "[data-action=language][value=ps]";
        let first = format!("document.querySelector(\"{button}\") !== null");
        phone.browser.wait_for_the_next_page("the first button", &first);
        // The touch comes at once, long before the program has loaded.
        let place = phone.browser.place_at_once(button);
        let point = json!([{"x": place["x"], "y": place["y"]}]);
        phone.browser.call("Input.dispatchTouchEvent", json!({"type": "touchStart", "touchPoints": point}));
        phone.browser.call("Input.dispatchTouchEvent", json!({"type": "touchEnd", "touchPoints": []}));
        phone.browser.wait_until("a sign that it is kept", "document.querySelector('#first')?.className === 'chosen'");
        assert!(!phone.browser.sees("[data-action=exit]"), "the program was there before the touch");
        phone.browser.wait_until("Pashto", "document.documentElement.lang === 'ps'");
        phone.wait_for_action("start");
    }
}

#[test]
fn closing_a_page_with_unsaved_answers_asks_first_and_the_quick_exit_never_asks() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let (person, mut phone) = (relative(), FormDriver::new(Edition::Current));
    let asks = |phone: &mut FormDriver| phone.browser.evaluate("document.documentElement.hasAttribute('data-unsent')") == true;
    phone.begin(&deployment.proxy.origin, &person);
    assert!(!asks(&mut phone), "nothing was typed");
    phone.fill_in_until(&person, "contact_channels");
    phone.browser.wait_until("it to ask", "document.documentElement.hasAttribute('data-unsent')");
    let before = phone.browser.traffic.dialogs;
    phone.browser.tap("[data-question=contact_channels] [value=signal]");
    phone.browser.evaluate("void setTimeout(() => location.reload(), 50)");
    phone.browser.wait_for("the browser to ask", |browser| (browser.traffic.dialogs > before).then_some(()));
    let anew = "document.querySelector('[data-action=language]') !== null && !document.documentElement.hasAttribute('data-unsent')";
    phone.browser.wait_for_the_next_page("the page anew", anew);
    phone.begin(&deployment.proxy.origin, &person);
    phone.fill_in_until(&person, "contact_channels");
    phone.browser.tap("[data-question=contact_channels] [value=signal]");
    let before = phone.browser.traffic.dialogs;
    phone.browser.tap("[data-action=exit]");
    let gone = format!("location.origin !== {}", json!(deployment.proxy.origin));
    phone.browser.wait_for_the_next_page("the neutral page", &gone);
    assert_eq!(phone.browser.traffic.dialogs, before, "the way out was held up by a question");
}

#[test]
fn closing_a_page_whose_draft_is_kept_asks_nothing() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let (person, mut phone) = (relative(), FormDriver::new(Edition::Current));
    phone.begin(&deployment.proxy.origin, &person);
    phone.fill_in_until(&person, "contact_channels");
    super::drafts::save(&mut phone);
    phone.browser.wait_until("nothing to be lost", "!document.documentElement.hasAttribute('data-unsent')");
}

/// Android kills the browser's tab when the camera needs the memory.
#[test]
fn a_tab_that_is_killed_behind_the_camera_says_whether_the_answers_were_kept() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let person = crate::personas::Persona { language: "en", direction: "ltr", ..crate::personas::judge() };
    for keeps in [false, true] {
        let mut phone = FormDriver::new(Edition::Current);
        phone.begin(&deployment.proxy.origin, &person);
        phone.fill_in_until(&person, "files");
        let offered = "[data-question=files] [data-action=save-draft]";
        assert!(phone.browser.sees(offered), "a draft is offered before the camera opens");
        let words = keeps.then(|| {
            phone.browser.tap(offered);
            super::drafts::keep(&mut phone)
        });
        phone.browser.kill_tab();
        phone.browser.wait_for("the page again", |browser| browser.sees("[data-action=exit]").then_some(()));
        phone.browser.tap("[data-action=language][value=en]");
        phone.browser.wait_until("what it says", "document.querySelector('main').innerText.includes('loaded anew')");
        if let Some(words) = words {
            phone.browser.tap("[data-action=returning]");
            phone.wait_for_action("open-draft");
            phone.browser.write("#words", &words);
            phone.browser.tap("[data-action=open-draft]");
            phone.browser.wait_for("the page of before", |browser| browser.sees("[data-question=files]").then_some(()));
        }
    }
}

#[test]
fn on_a_small_screen_with_large_text_the_quick_exit_takes_a_fifth_of_the_height_at_most() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let mut phone = FormDriver::new(Edition::Current);
    for (language, letters) in [("fa-AF", 100), ("ps", 200), ("en", 200)] {
        let size = json!({"width": 320, "height": 250, "deviceScaleFactor": 2, "mobile": true});
        phone.browser.call("Emulation.setDeviceMetricsOverride", size);
        phone.begin(
            &deployment.proxy.origin,
            &crate::personas::Persona { language, direction: if language == "en" { "ltr" } else { "rtl" }, ..relative() },
        );
        phone.browser.evaluate(&format!("document.documentElement.style.fontSize = '{}%', 0", letters * 9 / 8));
        let header = "document.querySelector('header').getBoundingClientRect()";
        let height = phone.browser.evaluate(&format!("{header}.height")).as_f64().expect("a height");
        assert!(height <= 50.0, "{language} at {letters} %: {height} of 250");
        let width = phone.browser.evaluate("document.querySelector('[data-action=exit]').getBoundingClientRect().width");
        assert!(width.as_f64().is_some_and(|width| (44.0..=320.0).contains(&width)), "{width}");
        assert!(phone.browser.evaluate("document.querySelector('header button').innerText.trim() !== ''") == true);
    }
}

#[test]
fn a_fault_belongs_to_its_group_names_its_question_and_its_link_shows_it() {
    let deployment = Deployment::start(RecipientType::PostQuantum);
    let (person, mut phone) = (relative(), FormDriver::new(Edition::Current));
    phone.begin(&deployment.proxy.origin, &person);
    for question in ["submitter", "dob", "legal_status"] {
        phone.fill_in_until(&person, question);
        phone.browser.tap("[data-action=next]");
        phone.browser.wait_for("the complaint", |browser| browser.sees(".summary").then_some(()));
        let tied = phone.browser.evaluate(&format!(
            "(() => {{
                const group = document.querySelector('[data-question={question}] fieldset');
                const texts = group.getAttribute('aria-describedby').split(' ').map(id => document.getElementById(id)?.innerText ?? '');
                const controls = [...group.querySelectorAll('input, select')].filter(e => e.getClientRects().length > 0);
                return texts.join(' ').trim() !== '' && controls.every(e => e.getAttribute('aria-invalid') === 'true');
            }})()"
        ));
        assert_eq!(tied, true, "{question}");
        phone.browser.tap(".summary a");
        let shown = format!(
            "(() => {{
                const top = e => e.getBoundingClientRect().top;
                const question = document.querySelector('[data-question={question}]');
                return top(question) >= document.querySelector('header').getBoundingClientRect().bottom - 1 && top(question) < 400
                    && question.contains(document.activeElement);
            }})()"
        );
        phone.browser.wait_until("the question and its fault below the header", &shown);
    }
}
