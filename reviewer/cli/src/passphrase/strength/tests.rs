use super::*;

fn refused(passphrase: &str, because: GuessKind) {
    let estimate = estimate(passphrase);
    assert!(!estimate.is_enough(), "{passphrase:?}: {estimate:?}");
    assert!(estimate.kinds.contains(&because), "{passphrase:?}: {estimate:?}, expected {because:?}");
    assert!(estimate.why().contains(because.words()));
}

#[test]
fn verses_prayers_and_slogans_are_refused_in_any_spelling_and_script() {
    for passphrase in [
        "بسم الله الرحمن الرحيم",
        "بسم الله الرحمن الرحیم",
        "بِسْمِ اللَّهِ الرَّحْمَٰنِ الرَّحِيمِ",
        "بسم\u{200c}الله\u{200c}الرحمان\u{200c}الرحیم",
        "بســـم اللّٰه الرحمٰن الرحیم ۱۴۰۳",
        "ﺑﺴﻢ ﷲ ﺍﻟﺮﺣﻤﻦ ﺍﻟﺮﺣﻴﻢ",
        "Bismillahirrahmanirrahim",
        "Besmellah-e Rahman-e Raheem",
        "BISMILLAH AL RAHMAN AL RAHIM 786",
        "bismillahi r-rahmani r-rahimi",
        "لا اله الا الله محمد رسول الله",
        "لا إله إلا الله محمدٌ رسولُ الله",
        "La ilaha illa Allah Muhammadur Rasulullah",
        "lailahaillallahmohammadrasoolullah",
        "ashhadu an la ilaha illa llah",
        "قل هو الله احد الله الصمد",
        "qul hu wallahu ahad allah hus samad",
        "الله اکبر الله اکبر الله اکبر",
        "in the name of Allah, the most gracious, the most merciful",
        "زن زندگی آزادی نان کار آزادی",
        "Zan Zendegi Azadi! Nan Kar Azadi!",
        "دا وطن افغانستان دی دا عزت د هر افغان دی",
        "تل دې وي افغانستان ۱۴۰۰",
        "بنی آدم اعضای یکدیگرند که در آفرینش ز یک گوهرند",
        "bani adam azaye yekdigarand",
        "woman life freedom justice for all",
    ] {
        refused(passphrase, GuessKind::Phrase);
    }
}

#[test]
fn a_name_with_the_fathers_name_is_refused_in_any_spelling_and_script() {
    for passphrase in [
        "کریمه بنت عبدالرحمن",
        "كريمة عبد الرحمن رحيمي",
        "محمد کریم ولد غلام حسین",
        "Karima daughter of Abdul Rahman",
        "Muhammad Karim Ghulam Hussain",
        "mohammed kareem gholam hossein",
        "ahmadshahmasoodrahimi",
        "Najibullah Ahmadzai 1362",
        "ملالۍ زرغونه پلوشه",
    ] {
        refused(passphrase, GuessKind::Name);
    }
}

#[test]
fn runs_repeats_dates_and_numbers_are_refused() {
    for (passphrase, because) in [
        ("qwertyuiopasdfgh", GuessKind::Keys),
        ("qwertyuiopasdfghjklzxcvbnm", GuessKind::Keys),
        ("1qaz2wsx3edc4rfv5tgb", GuessKind::Keys),
        ("poiuytrewqlkjhgfdsa", GuessKind::Keys),
        ("ضصثقفغعهخحجچشسیبلاتنمک", GuessKind::Keys),
        ("ابپتثجچحخدذرزژسشصضطظ", GuessKind::Keys),
        ("ابجد هوز حطی کلمن سعفص", GuessKind::Keys),
        ("abcdefghijklmnopqrstuvwxyz0123456789", GuessKind::Keys),
        ("xkqvxkqvxkqvxkqvxkqvxkqvxkqv", GuessKind::Repeat),
        ("bgrtz4kw bgrtz4kw bgrtz4kw bgrtz4kw", GuessKind::Repeat),
        ("1362/05/14 1365/11/02 1390/01/01 2021/08/15", GuessKind::Date),
        ("۱۳۶۲۰۵۱۴ ۱۳۶۵۱۱۰۲ ۲۰۲۱۰۸۱۵", GuessKind::Date),
        ("0799123456 0700654321", GuessKind::Telephone),
    ] {
        refused(passphrase, because);
    }
}

#[test]
fn few_common_words_and_what_is_typed_on_the_other_keyboard_are_refused() {
    for passphrase in [
        "",
        "password",
        "correct horse battery staple",
        "copper rabbit ladder melon",
        "justice court prosecutor kabul afghanistan",
        "څارنوالی ستره محکمه کابل افغانستان",
        "saranwali stera mahkama kabul",
        "p4ssw0rd p4ssw0rd p4ssw0rd",
        // Bismillah, and a name, on a Latin keyboard.
        "fsl hggi hgvplk hgvpdl",
        "kabul2021kabul2021",
        "MyDaughterIsMalalai",
    ] {
        let estimate = estimate(passphrase);
        assert!(!estimate.is_enough(), "{passphrase:?}: {estimate:?}");
    }
}

#[test]
fn what_chance_made_is_enough() {
    for passphrase in [
        "sphere-unlock-cattle-onion-vague-dizzy-garment",
        "sphere unlock cattle onion vague dizzy garment",
        "window glacier bread Tuesday copper rabbit ladder melon",
        "vq8zt2xk9w4hjm5rb7ycd3ng",
        "Hk#9s!vTq2@Wm7^zRb4%Lx8&Yd",
        "غبپ چصق طژف مدک یشض نخگ ثزح ذتر",
    ] {
        let estimate = estimate(passphrase);
        assert!(estimate.is_enough(), "{passphrase:?}: {estimate:?}");
    }
}

#[test]
fn words_that_are_generated_are_enough() {
    for first in 0_u8..40 {
        let random: Vec<u8> = (0_u8..10).map(|at| first.wrapping_mul(37).wrapping_add(at.wrapping_mul(91))).collect();
        let words = amanat_shared::fingerprint::to_words(&random).join("-");
        let estimate = estimate(&words);
        assert!(estimate.is_enough(), "{words}: {estimate:?}");
    }
}

#[test]
fn the_reason_is_said_and_never_the_passphrase() {
    assert_eq!(estimate("xk").why(), "it is too short");
    let why = estimate("کریمه کریمه ۱۳۶۲").why();
    assert!(why.contains("a name") && !why.contains("کریمه"), "{why}");
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(48))]

    #[test]
    fn anything_can_be_estimated_and_saying_it_twice_adds_little(text in "\\PC{0,60}") {
        let (once, twice) = (estimate(&text), estimate(&format!("{text}{text}")));
        proptest::prop_assert!(once.bits >= 0.0 && once.bits.is_finite());
        proptest::prop_assert!(twice.bits <= once.bits + 40.0);
    }
}
