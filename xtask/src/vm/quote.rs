//! Words of a command line, written so that a POSIX shell reads them back unchanged.

/// One shell line that runs the command.
pub fn shell_line(command: &[String]) -> String {
    let words: Vec<String> = command.iter().map(|word| shell_word(word)).collect();
    words.join(" ")
}

fn shell_word(word: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "_-./:,+@%".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::shell_line;

    #[test]
    fn a_shell_reads_back_what_was_quoted() {
        let words = ["printf", "%s|", "", "a b", "it's", "$HOME", "new\nline", "*", "\\", "x=1"];
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let output = std::process::Command::new("sh").arg("-c").arg(shell_line(&words)).output().unwrap();
        let expected: String = words[2..].iter().map(|word| format!("{word}|")).collect();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    }
}
