use proptest::prelude::*;

use super::Likeness::{Named, Other, Similar};
use super::*;

#[test]
fn a_partner_who_was_named_is_found_across_spellings_scripts_and_abbreviations() {
    for (never, partner) in [
        ("UNHCR Islamabad", "UNHCR Islamabad"),
        ("UNHCR Islamabad", "unhcr  islamabad"),
        ("UNHCR Islamabad", "UNHCR-Islamabad"),
        ("UNHCR Islamabad", "U.N.H.C.R. Islamabad"),
        ("UNHCRIslamabad", "UNHCR Islamabad"),
        ("UNHCR Islamabad", "UNHCR"),
        ("UNHCR", "UNHCR Islamabad"),
        ("not with UNHCR Islamabad, my cousin works there", "UNHCR Islamabad"),
        ("my brother; UNHCR Islamabad", "UNHCR Islamabad office"),
        ("UNCHR Islamabad", "UNHCR Islamabad"),
        ("UNHCR Islamabd", "UNHCR Islamabad"),
        ("UNHCR اسلام آباد", "UNHCR Islamabad"),
        ("یو ان اچ سی آر اسلام‌آباد", "UNHCR Islamabad"),
        ("کمیشنری عالی ملل متحد در امور پناهندگان", "UNHCR"),
        ("کميشنري عالي ملل متحد در امور پناهندگان", "UNHCR Islamabad"),
        ("United Nations High Commissioner for Refugees", "UNHCR"),
        ("UNHCR", "United Nations High Commissioner for Refugees, Islamabad"),
        ("Afghan Judges Association", "AJA"),
        ("International Association of Women Judges", "IAWJ"),
        ("IAWJ", "International Association of Women Judges (IAWJ)"),
        ("کانادا", "Government of Canada"),
        ("Germany", "جرمنی"),
        ("کریمه", "Karima"),
        ("انجمن زنان قاضی", "انجمن زنان قاضي"),
    ] {
        assert_eq!(likeness(never, partner), Named, "{never} / {partner}");
    }
}

#[test]
fn a_word_in_common_is_worth_a_second_look() {
    for (never, partner) in [
        ("UNHCR Islamabad", "Refugee Law Office Islamabad"),
        ("anyone in Islamabad who knows my brother", "UNHCR Islamabad"),
        ("the German embassy in Kabul", "German Red Cross Berlin"),
        ("Pakistani police", "Society of Pakistan"),
    ] {
        assert!(likeness(never, partner) >= Similar, "{never} / {partner}");
    }
}

#[test]
fn others_are_not_taken_for_those_who_were_named() {
    for (never, partner) in [
        ("", "UNHCR Islamabad"),
        ("nobody", "UNHCR Islamabad"),
        ("my brother Ali", "UNHCR Islamabad"),
        ("Taliban", "International Association of Judges"),
        ("the government", "Government of Canada"),
        ("طالبان و خانواده شوهرم", "UNHCR Islamabad"),
        ("media", "IOM"),
        ("هیچ کس", "Lawyers without Borders"),
    ] {
        assert_eq!(likeness(never, partner), Other, "{never} / {partner}");
    }
}

proptest! {
    #[test]
    fn a_name_is_found_in_any_text_around_it(before in "[a-z ]{0,30}", after in "[a-z ]{0,30}", name in "[A-Z][a-z]{4,9} [A-Z][a-z]{4,9}") {
        let never = format!("{before} {name} {after}");
        prop_assert_eq!(likeness(&never, &name), Named);
        prop_assert_eq!(likeness(&never, &name.to_uppercase()), Named);
    }

    #[test]
    fn comparing_never_panics(never in any::<String>(), partner in any::<String>()) {
        let _ = likeness(&never, &partner);
    }
}
