use super::*;

/// A form around these pages. Lists: `yesno` (yes, no), `country` (AF, PK, IR), `city` (kabul), `signs` (a, b, none).
fn form(pages: &str) -> Form {
    let mut toml = String::from(
        r#"id = "x"
version = "1"
languages = ["en"]
title.en = "Form"
sections = [{ name = "s", label.en = "S" }]
[lists]
yesno = [{ name = "yes", label.en = "Yes" }, { name = "no", label.en = "No" }]
country = [{ name = "AF", label.en = "AF" }, { name = "PK", label.en = "PK" }, { name = "IR", label.en = "IR" }]
city = [{ name = "kabul", label.en = "Kabul" }]
signs = [{ name = "a", label.en = "A" }, { name = "b", label.en = "B" }, { name = "none", label.en = "None" }]
[[pages]]
name = "lists"
phase = 1
section = "s"
title.en = "So that every list is used"
questions = [
  { name = "ok", type = "select_one", list = "yesno", label.en = "?" },
  { name = "land", type = "select_one", list = "country", label.en = "?" },
  { name = "city", type = "select_one", choices_by = { question = "land", AF = "city", else = "text" }, label.en = "?" },
  { name = "signs", type = "select_multiple", list = "signs", exclusive = ["none"], label.en = "?" },
  { name = "count", type = "integer", constraint = { min = 1, max = 9 }, label.en = "?" },
  { name = "until", type = "date", label.en = "?" },
]
"#,
    );
    toml.push_str(pages);
    toml::from_str(&toml).expect("the test's form is well formed")
}

fn page(name: &str, relevant: &str, question: &str) -> String {
    let relevant = if relevant.is_empty() { String::new() } else { format!("relevant = {relevant}\n") };
    let question = if question.is_empty() { String::new() } else { format!(", relevant = {question}") };
    format!(
        "[[pages]]\nname = \"{name}\"\nphase = 1\nsection = \"s\"\n{relevant}\
         questions = [{{ name = \"{name}\", type = \"text\", label.en = \"?\"{question} }}]\n"
    )
}

fn problems(pages: &str) -> Vec<String> {
    check(&form(pages)).iter().map(ToString::to_string).collect()
}

#[test]
fn a_condition_that_can_hold_is_let_be() {
    for (outer, inner) in [
        ("", "{ is = { question = 'ok', choice = 'yes' } }"),
        ("{ is = { question = 'ok', choice = 'yes' } }", "{ not = { is = { question = 'ok', choice = 'no' } } }"),
        ("{ not = { is = { question = 'land', choice = 'AF' } } }", "{ is_any = { question = 'land', choices = ['AF', 'IR'] } }"),
        (
            "{ includes_any = { question = 'signs', choices = ['a'] } }",
            "{ includes_any = { question = 'signs', choices = ['b'] } }",
        ),
        ("{ more_than = { question = 'count', number = 8 } }", "{ answered = 'count' }"),
        ("{ is = { question = 'city', choice = 'kabul' } }", "{ is = { question = 'land', choice = 'AF' } }"),
        ("{ answered = 'city' }", "{ is = { question = 'land', choice = 'PK' } }"),
        ("{ any = [{ answered = 'ok' }, { not = { answered = 'ok' } }] }", "{ answered = 'until' }"),
    ] {
        assert_eq!(problems(&page("p", outer, inner)), [""; 0], "{outer} {inner}");
    }
}

#[test]
fn a_condition_that_can_never_hold_is_found() {
    for (outer, inner) in [
        ("{ is = { question = 'ok', choice = 'yes' } }", "{ is = { question = 'ok', choice = 'no' } }"),
        ("{ is = { question = 'ok', choice = 'yes' } }", "{ not = { is = { question = 'ok', choice = 'yes' } } }"),
        ("{ answered = 'ok' }", "{ not = { is_any = { question = 'ok', choices = ['yes', 'no'] } } }"),
        (
            "{ includes_any = { question = 'signs', choices = ['a'] } }",
            "{ includes_any = { question = 'signs', choices = ['none'] } }",
        ),
        ("", "{ more_than = { question = 'count', number = 9 } }"),
        (
            "{ more_than = { question = 'count', number = 5 } }",
            "{ all = [{ answered = 'count' }, { not = { more_than = { question = 'count', number = 5 } } }] }",
        ),
        ("{ is = { question = 'city', choice = 'kabul' } }", "{ is = { question = 'land', choice = 'PK' } }"),
        ("{ answered = 'until' }", "{ not = { answered = 'until' } }"),
    ] {
        let found = problems(&page("p", outer, inner));
        assert_eq!(found.len(), 1, "{outer} {inner}: {found:?}");
        assert!(found[0].starts_with("pages[1].questions[0].relevant: can never hold"), "{found:?}");
    }
    let both = "{ all = [{ is = { question = 'ok', choice = 'yes' } }, { is = { question = 'ok', choice = 'no' } }] }";
    assert_eq!(problems(&page("p", both, "")), ["pages[1].relevant: can never hold, so nobody would see this page"]);
}

#[test]
fn a_question_that_rests_on_one_that_nobody_is_asked_is_found() {
    let yes = "{ is = { question = 'ok', choice = 'yes' } }";
    let no = "{ is = { question = 'ok', choice = 'no' } }";
    let found = problems(&(page("p", yes, "") + &page("q", "{ answered = 'p' }", no)));
    assert_eq!(found, ["pages[2].questions[0].relevant: can never hold when the page is shown, so nobody would be asked"]);
}

#[test]
fn nothing_comes_after_a_page_where_every_way_ends() {
    let stop = |relevant: &str| {
        "[[pages]]\nname = \"end\"\nphase = 1\nsection = \"s\"\nstop = true\n".to_owned()
            + relevant
            + "questions = [{ name = \"end\", type = \"note\", label.en = \"End\" }]\n"
    };
    let some = "relevant = { is = { question = \"ok\", choice = \"no\" } }\n";
    assert_eq!(problems(&(stop(some) + &page("p", "", ""))), [""; 0]);
    assert_eq!(problems(&stop("")), [""; 0]);
    assert_eq!(problems(&(stop("") + &page("p", "", ""))), ["pages[2]: every way ends on page end, before p"]);
    let after = problems(&(stop(some) + &page("p", "", "{ is = { question = 'ok', choice = 'no' } }")));
    assert_eq!(after, ["pages[2].questions[0].relevant: can never hold when the page is shown, so nobody would be asked"]);
}

#[test]
fn conditions_look_only_back() {
    let next = problems(&(page("p", "", "{ answered = 'q' }") + &page("q", "", "{ answered = 'p' }")));
    assert_eq!(
        next,
        ["pages[1].questions[0].relevant.answered: the text \"q\" comes later (page q, phase 1); a condition looks only back"]
    );
    let own = problems(&page("p", "{ answered = 'p' }", ""));
    assert_eq!(own, ["pages[1].relevant.answered: the text \"p\" comes later (page p, phase 1); a condition looks only back"]);
}

#[test]
fn a_predicate_fits_the_type_of_its_question() {
    for (condition, expected) in [
        (
            "{ is = { question = 'signs', choice = 'a' } }",
            "is.question: \"signs\" is of type select_multiple; only select_one fits",
        ),
        (
            "{ includes_any = { question = 'ok', choices = ['yes'] } }",
            "includes_any.question: \"ok\" is of type select_one; only select_multiple fits",
        ),
        ("{ more_than = { question = 'until', number = 1 } }", "more_than.question: \"until\" is of type date; only integer fits"),
        ("{ is_any = { question = 'ok', choices = [] } }", "is_any.choices: is empty"),
        ("{ is_any = { question = 'ok', choices = ['yes', 'yes'] } }", "is_any.choices[1]: \"yes\" is given twice"),
        ("{ date_unknown = 'ok' }", "date_unknown: belongs to triage only"),
        ("{ in_days = { question = 'until', to = 7 } }", "in_days: belongs to triage only"),
        ("{ void_by_policy = 'land' }", "void_by_policy: belongs to triage only"),
    ] {
        let found = problems(&page("p", condition, ""));
        assert_eq!(found[0], format!("pages[1].relevant.{expected}"));
    }
}

#[test]
fn rules_and_summary_refer_to_what_exists() {
    let rule = |when: &str| format!("[[triage]]\nname = 'T'\nwhy = 'Why'\neffect = 'look'\nwhen = {when}\n");
    assert_eq!(problems(&rule("{ in_days = { question = 'until', to = 7 } }")), [""; 0]);
    assert_eq!(
        problems(&rule("{ in_days = { question = 'until', from = 8, to = 7 } }")),
        ["triage[0].when.in_days.from: 8 is later than `to`, 7"]
    );
    assert_eq!(
        problems(&rule("{ date_unknown = 'until' }")),
        ["triage[0].when.date_unknown: \"until\" cannot be answered without a day"]
    );
    let policy = "[[policy]]\nquestion = 'land'\nchoice = 'PK'\nvoid_from = '2025-07-01'\nsource = 'A decree'\n";
    let void = |land: &str| {
        let when = format!("{{ all = [{{ void_by_policy = 'land' }}, {{ is = {{ question = 'land', choice = '{land}' }} }}] }}");
        problems(&(rule(&when) + policy))
    };
    assert_eq!(void("PK"), [""; 0]);
    assert_eq!(void("IR"), ["triage[0].when: can never hold"]);
    assert_eq!(
        problems("[summary]\nrole = 'signs'\ndeadlines = ['when']\n"),
        [
            "summary.role: \"signs\" is of type select_multiple; only select_one fits",
            "summary.deadlines[0]: there is no question \"when\""
        ]
    );
}

#[test]
fn a_groups_questions_look_at_each_other_and_at_what_comes_before_the_group() {
    let group = |name: &str, outer: &str, inner: &str| {
        page("g", outer, "").replace("type = \"text\"", "type = \"group\"").replace(
            "label.en = \"?\" }",
            &format!(
                "label.en = \"?\", questions = [\
                 {{ name = \"{name}\", type = \"select_one\", list = \"yesno\", label.en = \"?\" }},\
                 {{ name = \"tel\", type = \"phone\", country = \"after\", label.en = \"?\", relevant = {inner} }}] }}"
            ),
        ) + &page("after", "", "").replace("type = \"text\"", "type = \"select_one\", list = \"country\"")
    };
    let outer = "{ is = { question = 'ok', choice = 'no' } }";
    assert_eq!(problems(&group("ok", outer, "{ is = { question = 'ok', choice = 'yes' } }")), [""; 0]);
    assert_eq!(problems(&group("own", "", "{ is = { question = 'land', choice = 'AF' } }")), [""; 0]);
    let afghanistan = "{ is = { question = 'land', choice = 'AF' } }";
    assert_eq!(
        problems(&group("own", afghanistan, "{ is = { question = 'land', choice = 'PK' } }")),
        ["pages[1].questions[0].questions[1].relevant: can never hold, so nobody would be asked"]
    );
    assert_eq!(
        problems(&group("own", "", "{ answered = 'after' }")),
        ["pages[1].questions[0].questions[1].relevant.answered: there is no question \"after\" inside \"g\" or before it"]
    );
}

#[test]
fn an_empty_form_is_no_form() {
    let mut empty = form("");
    empty.pages.clear();
    assert!(check(&empty).iter().any(|problem| problem.to_string() == "pages: the form has no pages"));
}
