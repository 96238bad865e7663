//! How deep a document is nested: comparing goes down level by level, and a thread has only so much room for that.

use pact_models::bodies::OptionalBody;
use pact_models::content_types::ContentType;
use quick_xml::Reader;
use quick_xml::events::Event;

/// Deepest nesting that is compared, the same that `serde_json` has for JSON.
const DEEPEST: usize = 128;

/// Refuses an expected body that is XML of more levels than can be compared.
///
/// Comparing follows the expected document, so that an answer may be as deep as it likes.
pub(crate) fn check(body: &OptionalBody, content_type: Option<&ContentType>) -> Result<(), String> {
    let OptionalBody::Present(bytes, ..) = body else { return Ok(()) };
    if !content_type.is_some_and(ContentType::is_xml) {
        return Ok(());
    }
    let mut reader = Reader::from_reader(bytes.as_ref());
    let mut depth = 0_usize;
    loop {
        match reader.read_event() {
            Ok(Event::Start(_)) => depth += 1,
            Ok(Event::End(_)) => depth = depth.saturating_sub(1),
            // What is no XML is told by the comparison.
            Ok(Event::Eof) | Err(_) => return Ok(()),
            Ok(_) => {}
        }
        if depth > DEEPEST {
            return Err(format!("its body is XML of more than {DEEPEST} levels, which cannot be compared"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_counted_and_not_tags() {
        let check = |text: &str| {
            let body = OptionalBody::Present(text.to_owned().into(), None, None);
            super::check(&body, ContentType::parse("application/xml").ok().as_ref())
        };
        let nested = |levels: usize| format!("{}{}", "<a>".repeat(levels), "</a>".repeat(levels));
        assert_eq!(
            check(&format!("<r>{}</r>", "<a/><b></b><![CDATA[<x>]]><!-- <y> -->".repeat(500))),
            Ok(())
        );
        assert_eq!(check(&nested(DEEPEST)), Ok(()));
        assert!(check(&nested(DEEPEST + 1)).unwrap_err().contains("128 levels"));
        assert_eq!(check("no XML"), Ok(()));
    }
}
