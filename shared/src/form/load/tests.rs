use super::*;

const SMALL: &str = r#"id = "small"
version = "1"
languages = ["ps", "en"]
title.ps = "فورمه"
title.en = "Form"

[[sections]]
name = "all"
label.ps = "ټول"
label.en = "All"

[[pages]]
name = "where"
phase = 1
section = "all"
[pages.title]
ps = "ځای"
en = "Place"

[[pages.questions]]
name = "country"
type = "select_one"
list = "country"
required = true
label.ps = "هېواد؟"
label.en = "Which country?"

[[pages.questions]]
name = "area"
type = "select_one"
choices_by = { question = "country", AF = "province", else = "text" }
relevant = { answered = "country" }
label.ps = "سیمه؟"
label.en = "Which area?"

[[pages]]
name = "family"
phase = 2
section = "all"

[[pages.questions]]
name = "family"
type = "repeat"
constraint = { max = 5 }
label.ps = "کورنۍ"
label.en = "Family"

[[pages.questions.questions]]
name = "born"
type = "date"
label.ps = "زېږېدنه"
label.en = "Born"

[[triage]]
name = "T1"
why = "Abroad on a void paper"
effect = "urgent"
when = { any = [{ void_by_policy = "country" }, { is = { question = "country", choice = "AF" } }] }

[[policy]]
question = "country"
choice = "PK"
void_from = "2025-07-01"
source = "A decree"

[lists]
country = [
  { name = "AF", label = { ps = "افغانستان", en = "Afghanistan" } },
  { name = "PK", label = { ps = "پاکستان", en = "Pakistan" } },
]
province = [{ name = "AF-KAB", label = { ps = "کابل", en = "Kabul" } }]
"#;

/// One text replaced by another, and what is said of it (the message's beginning).
const BROKEN: &[(&str, &str, &str)] = &[
    // TOML itself, and what the model's types refuse.
    ("title.en = \"Form\"", "title.en = \"Form", "f.toml:5: title.en: invalid basic string"),
    ("phase = 2", "phase = 2\nphase = 3", "f.toml:39: phase: duplicate key"),
    ("id = \"small\"\n", "", "f.toml:1: id: missing field"),
    ("required = true", "requird = true", "f.toml:24: pages[where].questions[country].requird: unknown field"),
    ("phase = 1", "phase = \"one\"", "f.toml:14: pages[where].phase: invalid type"),
    ("\"repeat\"", "\"repeet\"", "f.toml:43: pages[family].questions[family].type: unknown variant"),
    ("type = \"select_one\"\nlist", "list", "f.toml:20: pages[where].questions[country].type: missing field"),
    ("max = 5", "max = 5, mix = 6", "f.toml:44: pages[family].questions[family].constraint.mix: unknown field"),
    ("{ answered = ", "{ given = ", "f.toml:32: pages[where].questions[area].relevant.given: unknown variant"),
    (", else = \"text\"", "", "f.toml:31: pages[where].questions[area].choices_by.else: missing field"),
    ("{ name = \"PK\", ", "{ ", "f.toml:69: lists.country[1].name: missing field"),
    // Texts.
    ("label.ps = \"هېواد؟\"\n", "", "f.toml:25: pages[where].questions[country].label.ps: this language is missing"),
    ("\"هېواد؟\"", "\"\"", "f.toml:25: pages[where].questions[country].label.ps: this text is empty"),
    ("\"Place\"", "\"Place \"", "f.toml:18: pages[where].title.en: starts or ends with a space"),
    ("title.en", "title.fa = \"فورم\"\ntitle.en", "f.toml:5: title.fa: the form does not have this language"),
    (", en = \"Pakistan\"", "", "f.toml:69: lists.country[PK].label.en: this language is missing"),
    ("\"All\"", "\"{all}\"", "f.toml:10: sections[all].label.en: has braces that nothing fills in"),
    ("\"Born\"", "\"\\u202EBorn\"", "f.toml:52: pages[family].questions[family].questions[born].label.en: has an invisible"),
    // Names.
    ("name = \"born\"", "name = \"bo rn\"", "f.toml:49: pages[family].questions[family].questions[bo rn].name: \"bo rn\" has more"),
    ("name = \"area\"", "name = \"country\"", "f.toml:29: pages[where].questions[country].name: there is more than one question"),
    ("name = \"family\"\nphase", "name = \"where\"\nphase", "f.toml:37: pages[where].name: there is more than one page"),
    ("{ name = \"PK\"", "{ name = \"AF\"", "f.toml:69: lists.country[AF].name: there is more than one choice"),
    ("[\"ps\", \"en\"]", "[\"ps\", \"en\", \"en\"]", "f.toml:3: languages[2]: there is more than one language"),
    ("section = \"all\"", "section = \"al\"", "f.toml:15: pages[where].section: there is no section"),
    ("phase = 2", "phase = 4", "f.toml:38: pages[family].phase: must be 1, 2 or 3"),
    ("phase = 1", "phase = 3", "f.toml:38: pages[family].phase: a page of phase 2 comes after one of phase 3"),
    ("[pages.title]\nps = \"ځای\"\nen = \"Place\"", "", "f.toml:12: pages[where].title: a page with several questions"),
    (
        "label.en = \"All\"",
        "label.en = \"All\"\n[[sections]]\nname = \"b\"\nlabel = { ps = \"ب\", en = \"B\" }",
        "f.toml:11: sections[b]: no page",
    ),
    // Fields.
    ("list = \"country\"\n", "", "f.toml:20: pages[where].questions[country].list: select_one needs"),
    ("list = \"country\"", "list = \"countries\"", "f.toml:23: pages[where].questions[country].list: there is no list"),
    ("AF = \"province\"", "IR = \"province\"", "f.toml:31: pages[where].questions[area].choices_by.IR: \"country\" does not offer"),
    (
        "{ question = \"country\", AF",
        "{ question = \"land\", AF",
        "f.toml:31: pages[where].questions[area].choices_by.question: there is no",
    ),
    ("max = 5", "max = 0", "f.toml:44: pages[family].questions[family].constraint.max: must be at least 1"),
    ("max = 5", "max = 5, past = true", "f.toml:44: pages[family].questions[family].constraint.past: does not belong"),
    ("required = true", "multiline = true", "f.toml:24: pages[where].questions[country].multiline: does not belong"),
    ("required = true", "except = [\"IR\"]", "f.toml:24: pages[where].questions[country].except[0]: there is no choice"),
    (
        "type = \"date\"",
        "type = \"date\"\nprecisions = [\"day\"]",
        "f.toml:51: pages[family].questions[family].questions[born].precisions[0]: day,",
    ),
    ("type = \"date\"", "type = \"group\"", "f.toml:50: pages[family].questions[family].questions[born].type: a group cannot"),
    (
        "max = 5",
        "max = 5, not_before = \"born\"",
        "f.toml:44: pages[family].questions[family].constraint.not_before: does not belong",
    ),
    // Conditions.
    (
        "answered = \"country\"",
        "answered = \"land\"",
        "f.toml:32: pages[where].questions[area].relevant.answered: there is no question",
    ),
    (
        "answered = \"country\"",
        "answered = \"area\"",
        "f.toml:32: pages[where].questions[area].relevant.answered: the question's relevance hangs",
    ),
    (
        "answered = \"country\"",
        "answered = \"family\"",
        "f.toml:32: pages[where].questions[area].relevant.answered: the repeat \"family\" comes later",
    ),
    ("choice = \"AF\"", "choice = \"IR\"", "f.toml:58: triage[T1].when.any[1].is.choice: \"country\" does not offer"),
    // Triage.
    ("why = \"Abroad on a void paper\"\n", "", "f.toml:54: triage[T1].why: missing field"),
    ("\"Abroad on a void paper\"", "\"\"", "f.toml:56: triage[T1].why: this text is empty"),
    ("\"Abroad on a void paper\"", "\"Abroad \"", "f.toml:56: triage[T1].why: starts or ends with a space"),
    ("\"Abroad on a void paper\"", "\"Abroad\\nat home\"", "f.toml:56: triage[T1].why: has an invisible character"),
    ("question = \"country\"\nchoice", "question = \"land\"\nchoice", "f.toml:61: policy[0].question: there is no question"),
    ("question = \"country\"\nchoice", "question = \"born\"\nchoice", "f.toml:61: policy[0].question: there is no question"),
    ("question = \"country\"\nchoice", "question = \"family\"\nchoice", "f.toml:61: policy[0].question: \"family\" is of type"),
    ("question = \"country\"\nchoice", "question = \"area\"\nchoice", "f.toml:61: policy[0].question: no rule asks"),
    (
        "question = \"country\"\nchoice",
        "question = \"area\"\nchoice",
        "f.toml:58: triage[T1].when.any[0].void_by_policy: the policy",
    ),
    ("choice = \"PK\"", "choice = \"IR\"", "f.toml:62: policy[0].choice: \"country\" does not offer"),
    ("2025-07-01", "2025-06-31", "f.toml:63: policy[0].void_from: not a date"),
    ("\"2025-07-01\"", "2025-07-01", "f.toml:63: policy[0].void_from: invalid type"),
    ("\"A decree\"", "\" \"", "f.toml:64: policy[0].source: this text is empty"),
    (
        "[lists]",
        "[[policy]]\nquestion = \"country\"\nchoice = \"PK\"\nvoid_from = \"2026-01-01\"\nsource = \"Another\"\n[lists]",
        "f.toml:68: policy[1].choice: there is more than one row",
    ),
    (
        "{ answered = \"country\" }",
        "{ void_by_policy = \"country\" }",
        "f.toml:32: pages[where].questions[area].relevant.void_by_policy: belongs to triage only",
    ),
    ("phase = 2", "phase = 2\nrelevant = { any = [] }", "f.toml:39: pages[family].relevant.any: is empty"),
];

#[test]
fn a_small_form_without_a_fault_loads() {
    let form = load("f.toml", SMALL).expect("nothing is wrong with it");
    assert_eq!(form.pages.len(), 2);
    assert_eq!(form.pages[0].questions[1].choices_by.as_ref().map(|by| by.otherwise.as_str()), Some("text"));
}

#[test]
fn every_fault_is_named_with_file_line_and_key() {
    for (good, bad, expected) in BROKEN {
        assert!(SMALL.contains(good), "{good}");
        let error = load("f.toml", &SMALL.replacen(good, bad, 1)).expect_err(expected).to_string();
        assert!(error.lines().any(|line| line.starts_with(expected)), "expected {expected}\nfound {error}");
    }
}

#[test]
fn all_faults_are_listed_in_the_files_order() {
    let broken = SMALL.replace("\"Place\"", "\"\"").replace("\"Born\"", "\"\"").replace("\"Kabul\"", "\"\"");
    let error = load("f.toml", &broken).expect_err("three texts are empty");
    assert_eq!(error.0.iter().map(|it| it.line).collect::<Vec<_>>(), [18, 52, 71]);
    assert_eq!(error.to_string().lines().count(), 3);
}

#[test]
fn all_mistakes_of_toml_are_listed() {
    let broken = SMALL.replace("title.ps = ", "title.ps ").replace("phase = 2", "phase 2");
    let error = load("f.toml", &broken).expect_err("two lines are not TOML");
    assert_eq!(error.0.iter().map(|it| it.line).collect::<Vec<_>>(), [4, 38]);
}

#[test]
fn whatever_is_cut_off_there_is_an_error_with_a_line_of_the_file() {
    let lines = SMALL.lines().count();
    for (end, _) in SMALL.char_indices() {
        if let Err(error) = load("f.toml", &SMALL[..end]) {
            assert!(!error.0.is_empty());
            assert!(error.0.iter().all(|it| (1..=lines).contains(&it.line)), "{error}");
        }
    }
}
