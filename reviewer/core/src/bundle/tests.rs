use super::*;

type Files = Vec<(String, Vec<u8>)>;

/// Reads a bundle to its end. Each header takes one read, and a long name or records one more, so that the number of reads is
/// bounded by the bundle's length.
fn read(bundle: &[u8]) -> (Files, Result<(), BundleError>) {
    let part = |range: Range<u64>| &bundle[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()];
    let (mut walk, mut found) = (Walk::new(bundle.len() as u64), Vec::new());
    for _ in 0..=2 * (bundle.len() / BLOCK_BYTES) {
        let member = match walk.wants().and_then(|range| range.map(|range| walk.take(part(range))).transpose()) {
            Ok(None) => return (found, Ok(())),
            Ok(Some(member)) => member,
            Err(error) => return (found, Err(error)),
        };
        found.extend(member.map(|member| (member.name, part(member.bytes).to_vec())));
    }
    panic!("a bundle of {} bytes takes too many reads", bundle.len());
}

fn written(format: &str, files: &[(String, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, bytes) in files {
        let mut header = if format == "gnu" { tar::Header::new_gnu() } else { tar::Header::new_ustar() };
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        builder.append_data(&mut header, path, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

#[test]
fn what_others_write_is_read_whatever_the_folders() {
    let (short, deep) = ("sealed/aa.age".to_owned(), format!("{}/bb.age", "folder/".repeat(20)));
    for format in ["gnu", "ustar"] {
        let bundle = written(format, &[(short.clone(), b"first"), (deep.clone(), &[7; 1025]), ("pack.json".to_owned(), b"")]);
        let (found, end) = read(&bundle);
        assert_eq!(end, Ok(()), "{format}");
        assert_eq!(found[0], ("aa.age".to_owned(), b"first".to_vec()), "{format}");
        assert_eq!(found[1], ("bb.age".to_owned(), vec![7; 1025]), "{format}");
        assert_eq!(found[2], ("pack.json".to_owned(), Vec::new()), "{format}");
    }
}

#[test]
fn a_long_name_of_pax_is_read() {
    let name = format!("{}.age", "c".repeat(120));
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_pax_extensions([("path", format!("sealed/{name}").as_bytes())]).unwrap();
    let mut header = tar::Header::new_ustar();
    header.set_size(2);
    builder.append_data(&mut header, "sealed/cut-short", &b"ok"[..]).unwrap();
    assert_eq!(read(&builder.into_inner().unwrap()), (vec![(name, b"ok".to_vec())], Ok(())));
}

#[test]
fn links_and_folders_are_no_files() {
    let mut builder = tar::Builder::new(Vec::new());
    for kind in [tar::EntryType::Symlink, tar::EntryType::Link, tar::EntryType::Directory, tar::EntryType::Char] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        header.set_link_name("/etc/passwd").unwrap();
        builder.append_data(&mut header, "aa.age", &b""[..]).unwrap();
    }
    assert_eq!(read(&builder.into_inner().unwrap()), (Vec::new(), Ok(())));
}

#[test]
fn what_stands_before_a_damage_is_read() {
    let bundle = written("ustar", &[("aa.age".to_owned(), b"first"), ("bb.age".to_owned(), &[7; 600])]);
    let names = |bundle: &[u8]| {
        let (found, end) = read(bundle);
        (found.into_iter().map(|(name, _)| name).collect::<Vec<_>>(), end)
    };
    for end in [1024, 1030, 1536, 2000] {
        assert_eq!(names(&bundle[..end]), (vec!["aa.age".to_owned()], Err(BundleError::Cut)), "{end}");
    }
    let mut damaged = bundle.clone();
    damaged[1024] ^= 1;
    assert_eq!(names(&damaged), (vec!["aa.age".to_owned()], Err(BundleError::Damaged)));
    // A length that leads out of all numbers.
    let mut huge = bundle;
    huge[124..136].fill(0xff);
    let sum: u64 =
        huge[..512].iter().enumerate().map(|(at, &byte)| u64::from(if (148..156).contains(&at) { 32 } else { byte })).sum();
    huge[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    assert_eq!(names(&huge), (Vec::new(), Err(BundleError::Damaged)));
}

#[test]
fn other_ways_of_packing_are_named() {
    assert_eq!(is_bundle("Week 12.TAR"), Ok(true));
    assert_eq!(is_bundle("aa.age"), Ok(false));
    for name in ["a.zip", "a.tar.gz", "a.7z"] {
        assert_eq!(is_bundle(name), Err(BundleError::OtherKind), "{name}");
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read_to_an_end_within_the_bound_and_without_a_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..4096)) {
        let _ = read(&bytes);
    }
}
