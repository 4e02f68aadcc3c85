//! Names of months as glibc's locales print them (`%b`, `%B`), except words that mean another month in another language.

/// One line a month: English, German, French, Spanish, Italian, Portuguese, Dutch, Scandinavian, Finnish, Polish, Czech, Hungarian,
/// Romanian, Turkish, Russian, Ukrainian, Chinese. Polish `lip`, `lis` and Czech `srp` are other months in Croatian; French `jui` is two.
const MONTHS: [&str; 12] = [
    "jan january januar jänner janv janvier ene enero gen gennaio janeiro januari tammi sty led ian oca янв января січ 一月",
    "feb february februar févr fév fevr fev février febrero febbraio fevereiro februari helmi lut úno febr şub фев февраля лют 二月",
    "mar march mär märz mrz mars marzo março mrt maart maalis bře márc март мар марта бер 三月",
    "apr april avr avril abr abril aprile huhti kwi dub ápr nis апр апреля кві 四月",
    "may mai mayo mag maggio maio mei maj touko kvě máj май мая тра 五月",
    "jun june juni juin junio giu giugno junho kesä cze čen jún iun haz июн июня июнь чер 六月",
    "jul july juli juil juillet julio lug luglio julho heinä čec júl iul tem июл июля июль 七月",
    "aug august août aou agosto ago augustus elo sie авг августа 八月",
    "sep sept september septembre septiembre set settembre setembro syys wrz zář szept eyl сен сентября вер 九月",
    "oct october okt oktober octobre octubre ott ottobre out outubro loka paź říj eki окт октября жов 十月",
    "nov november novembre noviembre novembro marras noi kas ноя ноября 十一月",
    "dec december dez dezember déc décembre dic diciembre dicembre dezembro des desember joulu gru pro ara дек декабря гру 十二月",
];

/// The month of that name, from 1.
pub(super) fn month(word: &str) -> Option<u32> {
    let word = word.trim_end_matches(['.', ',']).to_lowercase();
    let index = MONTHS.iter().position(|names| names.split(' ').any(|name| name == word))?;
    u32::try_from(index + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::{MONTHS, month};
    use std::collections::HashSet;

    #[test]
    fn no_name_means_two_months() {
        let mut seen = HashSet::new();
        for name in MONTHS.iter().flat_map(|names| names.split(' ')) {
            assert!(seen.insert(name), "{name}");
            assert_eq!(name.to_lowercase(), name);
        }
        for word in ["lip", "lis", "srp", "jui", "mon", ""] {
            assert_eq!(month(word), None, "{word}");
        }
    }
}
