//! User data as EC2 hands it to a node: taken out of an EC2NodeClass and split into its parts, by nobody's parser but this one.

use anyhow::{Context, ensure};

/// A MIME archive, read strictly.
pub struct UserData {
    /// Headers and text of each part.
    pub parts: Vec<(String, String)>,
}

impl UserData {
    /// The user data of a class: the block below `userData: |`, four blanks deep.
    pub fn of_class(class: &str) -> anyhow::Result<Self> {
        let (_, block) = class.split_once("\n  userData: |\n").context("no userData")?;
        let lines = block.lines().map(|line| line.strip_prefix("    ").unwrap_or(line));
        Self::of_archive(&lines.collect::<Vec<_>>().join("\n"))
    }

    /// The parts of an archive. It must be closed, and nothing may follow.
    pub fn of_archive(text: &str) -> anyhow::Result<Self> {
        let (head, body) = text.split_once("\n\n").context("no end of the headers")?;
        ensure!(head.starts_with("MIME-Version: 1.0\n"), "no MIME-Version");
        let (_, boundary) = head.split_once("boundary=\"").context("no boundary")?;
        let boundary = boundary.split('"').next().unwrap_or_default();
        ensure!(!boundary.is_empty(), "an empty boundary");
        let body = format!("\n{body}");
        let (body, rest) =
            body.split_once(&format!("\n--{boundary}--")).context("the archive is not closed")?;
        ensure!(rest.trim().is_empty(), "something follows the end of the archive");
        let delimiter = format!("\n--{boundary}\n");
        let parts = body.split(delimiter.as_str()).skip(1).map(|part| {
            let (head, text) = part.split_once("\n\n").context("a part without an end of its headers")?;
            Ok((head.to_owned(), text.to_owned()))
        });
        Ok(Self { parts: parts.collect::<anyhow::Result<_>>()? })
    }

    /// The text of the one part of this type.
    pub fn part(&self, content_type: &str) -> anyhow::Result<&str> {
        let mut of_type = self.parts.iter().filter(|(head, _)| {
            head.lines().any(|line| line.starts_with(&format!("Content-Type: {content_type}")))
        });
        let part = of_type.next().with_context(|| format!("no part {content_type}"))?;
        ensure!(of_type.next().is_none(), "two parts {content_type}");
        Ok(&part.1)
    }
}

#[cfg(test)]
mod tests {
    use super::UserData;

    #[test]
    fn an_archive_that_is_not_closed_is_none() {
        let head = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"B\"\n\n";
        let part = "--B\nContent-Type: text/x-shellscript\n\n#!/bin/sh\n";
        assert!(UserData::of_archive(&format!("{head}{part}")).is_err());
        let closed = UserData::of_archive(&format!("{head}{part}\n--B--\n")).unwrap();
        assert_eq!(closed.part("text/x-shellscript").unwrap(), "#!/bin/sh\n");
        assert!(closed.part("application/node.eks.aws").is_err());
    }
}
