//! `file:///PATH[?max-age=30s]`: healthy if the file exists and is not older.

use super::verdict::Outcome;
use crate::plan::probe::File;
use crate::time::GoDuration;
use std::fs;
use std::io::ErrorKind;
use std::time::{Duration, SystemTime};

pub(super) fn probe(file: &File, now: SystemTime) -> Outcome {
    let path = file.path.display();
    let modified = fs::metadata(&file.path).and_then(|metadata| metadata.modified()).map_err(|error| {
        match error.kind() {
            ErrorKind::NotFound => format!("there is no {path}"),
            _ => format!("{path} cannot be accessed: {error}"),
        }
    })?;
    match file.max_age {
        Some(limit) => allowed_age(now, modified, limit).map_or_else(
            |why| Err(format!("{path} was modified {why}")),
            |age| Ok(format!("{path} was modified {age} ago")),
        ),
        None => Ok(format!("{path} exists")),
    }
}

/// The age, or why it is not allowed. A time in the future comes from another
/// clock; it is not allowed either if it is further away than the limit.
fn allowed_age(now: SystemTime, modified: SystemTime, limit: Duration) -> Result<GoDuration, String> {
    let allowed = GoDuration(limit);
    match now.duration_since(modified) {
        Ok(age) if age <= limit => Ok(rounded(age)),
        Ok(age) => Err(format!("{} ago, more than the {allowed} allowed", rounded(age))),
        Err(ahead) if ahead.duration() <= limit => Ok(GoDuration(Duration::ZERO)),
        Err(ahead) => {
            Err(format!("{} in the future, more than the {allowed} allowed", rounded(ahead.duration())))
        }
    }
}

/// Whole milliseconds below one second, whole seconds above.
fn rounded(age: Duration) -> GoDuration {
    let millis = age.as_millis().try_into().unwrap_or(u64::MAX);
    GoDuration(if millis < 1000 { Duration::from_millis(millis) } else { Duration::from_secs(age.as_secs()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_new_up_to_its_limit_and_not_longer() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let second = Duration::from_secs(1);
        let limit = 30 * second;
        let age = |modified| allowed_age(now, modified, limit).map(|age| age.to_string());
        assert_eq!(age(now - 2 * second), Ok("2s".into()));
        assert_eq!(age(now - limit), Ok("30s".into()));
        assert_eq!(age(now - 90 * second), Err("1m30s ago, more than the 30s allowed".into()));
        assert_eq!(age(now + 30 * second), Ok("0s".into()));
        let reason = "31s in the future, more than the 30s allowed";
        assert_eq!(age(now + 31 * second), Err(reason.into()));
        assert_eq!(age(now - Duration::from_millis(1)), Ok("1ms".into()));
    }
}
