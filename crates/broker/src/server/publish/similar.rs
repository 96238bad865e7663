//! Names that are probably another one misspelt.

/// The known names that a new one is like: the same letters, but for capitals, what stands between words, and the
/// word "service".
pub(super) fn similar<'a>(name: &str, known: &'a [String]) -> Vec<&'a str> {
    let own = letters(name);
    known.iter().filter(|other| letters(other) == own).map(String::as_str).collect()
}

fn letters(name: &str) -> String {
    let mut words = vec![String::new()];
    let mut before_is_small = false;
    for letter in name.chars() {
        if !letter.is_alphanumeric() || (letter.is_uppercase() && before_is_small) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphanumeric()) {
            word.extend(letter.to_lowercase());
        }
        before_is_small = letter.is_lowercase() || letter.is_numeric();
    }
    words.into_iter().filter(|word| word != "service").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A typing error would found a second application that nobody verifies.
    #[test]
    fn spellings_of_one_name_are_found_and_other_names_are_not() {
        let known = ["Foo", "Bar-Service", "Billing API", "Service"].map(String::from);
        assert_eq!(similar("foo", &known), ["Foo"]);
        assert_eq!(similar("Foo Service", &known), ["Foo"]);
        assert_eq!(similar("BarService", &known), ["Bar-Service"]);
        assert_eq!(similar("billing_api", &known), ["Billing API"]);
        for other in ["Food", "Billing", "Bar 2", "Billing Provider"] {
            assert!(similar(other, &known).is_empty(), "{other}");
        }
    }
}
