//! The address that "leave quickly" leads to. The pack sends every visitor there, so it must be the plain address of a public
//! page: no script, no user name, and nothing that depends on where it is read.

use url::{Host, Url};

/// An unsuitable exit address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExitUrlError {
    /// The address does not begin with `https://` and a name.
    #[error("must begin with https:// and a name, such as https://www.example.org/")]
    Scheme,
    /// The address has blanks, backslashes or control characters, which browsers interpret differently.
    #[error("holds a blank, a backslash or an invisible character")]
    Characters,
    /// The address has a user name or a password.
    #[error("holds a name or a password before an @")]
    User,
    /// The host is not the name of a public site.
    #[error("must name a site, such as www.example.org, and not an address or a machine of one's own network")]
    Host,
}

/// Returns the address in ASCII, as a header carries it. Names in other scripts become `xn--…`.
pub fn ascii(text: &str) -> Result<String, ExitUrlError> {
    let unusual = |character: char| character.is_whitespace() || character.is_control() || character == '\\';
    if text.contains(unusual) || amanat_shared::text::clean(text) != text {
        return Err(ExitUrlError::Characters);
    }
    let rest = text.strip_prefix("https://").filter(|rest| !rest.starts_with('/')).ok_or(ExitUrlError::Scheme)?;
    // The parser drops an empty user name.
    if rest.split(['/', '?', '#']).next().is_some_and(|authority| authority.contains('@')) {
        return Err(ExitUrlError::User);
    }
    let url = Url::parse(text).map_err(|_| ExitUrlError::Host)?;
    match url.host() {
        Some(Host::Domain(name)) if is_public(name) => Ok(url.into()),
        _ => Err(ExitUrlError::Host),
    }
}

/// Checks that a name has a dot inside and is neither of a local network nor an onion service, which has no certificate.
fn is_public(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let last = name.rsplit_once('.').map(|(_, last)| last);
    last.is_some_and(|last| !matches!(last, "localhost" | "local" | "internal" | "onion" | "invalid"))
        && name.split('.').all(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_plain_address_of_a_public_page_is_accepted() {
        use ExitUrlError::{Characters, Host, Scheme, User};
        for (text, error) in [
            ("javascript:alert(1)", Scheme),
            ("JavaScript:alert(1)//https://example.org/", Scheme),
            ("data:text/html,x", Scheme),
            ("http://example.org/", Scheme),
            ("ftp://example.org/", Scheme),
            ("//example.org/", Scheme),
            ("//host", Scheme),
            ("/leave", Scheme),
            ("example.org", Scheme),
            ("https:example.org", Scheme),
            ("https:/example.org", Scheme),
            ("https:///example.org", Scheme),
            ("HTTPS://example.org/", Scheme),
            ("", Scheme),
            ("https://u@host/", User),
            ("https://u@example.org/", User),
            ("https://user:password@example.org/", User),
            ("https://@example.org/", User),
            ("https://example.org@evil.example/", User),
            ("https:\\\\example.org/", Characters),
            ("https://example.org\\@evil.example/", Characters),
            (" https://example.org/", Characters),
            ("https://exam\tple.org/", Characters),
            ("https://example.org/\n", Characters),
            ("https://example.org/\u{202e}", Characters),
            ("https://", Host),
            ("https://host/", Host),
            ("https://localhost/", Host),
            ("https://printer.local/", Host),
            ("https://127.0.0.1/", Host),
            ("https://0x7f.1/", Host),
            ("https://[::1]/", Host),
            ("https://example..org/", Host),
            ("https://example.org:99999/", Host),
            ("https://abc.onion/", Host),
        ] {
            assert_eq!(ascii(text), Err(error), "{text:?}");
        }
    }

    #[test]
    fn an_address_in_any_script_is_accepted_and_becomes_ascii() {
        for (text, ascii_text) in [
            ("https://duckduckgo.com/", "https://duckduckgo.com/"),
            ("https://www.example.org/weather?city=kabul", "https://www.example.org/weather?city=kabul"),
            ("https://example.org", "https://example.org/"),
            ("https://example.org/a@b", "https://example.org/a@b"),
            ("https://مثال.example/", "https://xn--mgbh0fb.example/"),
            ("https://example.org/هوا", "https://example.org/%D9%87%D9%88%D8%A7"),
        ] {
            assert_eq!(ascii(text).as_deref(), Ok(ascii_text), "{text}");
        }
    }
}
