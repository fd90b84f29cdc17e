//! The files of a referral as one archive, padded and sealed to the partner alone.
//!
//! ustar (POSIX.1-1988) inside an age v1 file, so that `age -d -i key.txt FILE | tar x` opens it with tools nobody here
//! wrote.

use std::io::Write;

use amanat_shared::padding::bucket;
use amanat_shared::seal::ustar::{self, BLOCK};
use zeroize::Zeroizing;

use super::partner::PartnerKey;
use super::{MakeError, Prepared, csv, html, json, xlsx};

/// All files, in order: `README.txt`, then a folder for each case.
pub(super) fn archive(prepared: &Prepared<'_>) -> Result<Zeroizing<Vec<u8>>, MakeError> {
    let mut out = Zeroizing::new(Vec::new());
    add(&mut out, "README.txt", readme(prepared).as_bytes())?;
    let (layout, columns) = (prepared.layout, &prepared.columns);
    for (number, sheet) in (1..).zip(&prepared.cases) {
        let page = html::write(sheet, layout, columns, &prepared.partner.name);
        let book = xlsx::write(sheet, columns).map_err(|error| MakeError::Workbook(error.to_string()))?;
        for (name, bytes) in [
            ("case.html", page.into_bytes()),
            ("case.json", json::write(sheet, layout, columns)),
            ("case.csv", csv::write(sheet, columns)),
            ("case.xlsx", book),
        ] {
            add(&mut out, &format!("case-{number:02}/{name}"), &Zeroizing::new(bytes))?;
        }
        for (picture, bytes) in (1..).zip(&sheet.pictures) {
            add(&mut out, &format!("case-{number:02}/picture-{picture:02}.jpg"), bytes)?;
        }
    }
    // Two empty blocks end the archive; the rest hides how long it is.
    let length = (out.len() + 2 * BLOCK) as u64;
    out.resize(usize::try_from(bucket(length)).map_err(|_| MakeError::TooLarge)?, 0);
    Ok(out)
}

/// Encrypts to one key.
pub(super) fn seal(plaintext: &[u8], key: &PartnerKey) -> Result<Vec<u8>, MakeError> {
    let encryptor = age::Encryptor::with_recipients(std::iter::once(key.recipient())).map_err(|_| MakeError::Seal)?;
    let mut writer = encryptor.wrap_output(Vec::new()).map_err(|_| MakeError::Seal)?;
    writer.write_all(plaintext).map_err(|_| MakeError::Seal)?;
    writer.finish().map_err(|_| MakeError::Seal)
}

/// Adds one file.
fn add(out: &mut Vec<u8>, name: &str, bytes: &[u8]) -> Result<(), MakeError> {
    let header = ustar::header(name, bytes.len() as u64).map_err(|_| MakeError::TooLarge)?;
    out.extend_from_slice(&header);
    out.extend_from_slice(bytes);
    out.resize(out.len().next_multiple_of(BLOCK), 0);
    Ok(())
}

fn readme(prepared: &Prepared<'_>) -> String {
    format!(
        "For {partner} only. {title}, made on {day}.\n\
         \n\
         {cases} case(s), {rows} person(s). Each folder is one case, four times the same:\n\
         \x20 case.html   to read and to print; open it in a browser, best without a network\n\
         \x20 case.csv    a table, one person a row; UTF-8\n\
         \x20 case.xlsx   the same as a workbook; every cell is a text, also numbers and dates\n\
         \x20 case.json   the same for programs\n\
         Beside them may stand picture-01.jpg and so on: photos of documents, drawn anew by us.\n\
         \n\
         These people are hunted. If this gets out, they or their families may be killed.\n\
         - Do not forward it, not inside your organisation either: who needs it asks us for a file of their own.\n\
         - Do not put it into mail, a shared drive, a chat or a translation service. Keep it only as long as you work on it.\n\
         - Contact a person only as their rules of safe contact say. Where there are none, ask us first. The safe word that\n\
         \x20 they speak of stays with us: where it is needed, we call together.\n\
         - Never tell the Taliban, the governments of Afghanistan, Pakistan or Iran, media, or other applicants.\n\
         - If the person withdraws, we tell you, and you delete it. Delete it when you are done, and tell us.\n\
         - If it is lost or was seen by others, tell us the same day.\n\
         \n\
         What stands here is what the person wrote. It is not verified unless we told you so. A date is given by the\n\
         Gregorian calendar, YYYY-MM-DD or from/to, and then as the person gave it. <U+202E> and the like stand for characters\n\
         that cannot be seen. An apostrophe before = + - @ in a table keeps a program from running what stands there.\n",
        partner = prepared.partner.name,
        title = prepared.layout.title,
        day = prepared.today.iso(),
        cases = prepared.cases.len(),
        rows = prepared.rows(),
    )
}
