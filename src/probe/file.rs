//! `file:///PATH[?max-age=30s]`: healthy if it exists, and is that new.

use super::Outcome;
use crate::plan::probe::File;
use crate::time::GoDuration;
use std::fs;
use std::io::ErrorKind;
use std::time::{Duration, SystemTime};

pub(super) fn probe(file: &File, now: SystemTime) -> Outcome {
    let shown = file.path.display();
    let modified = fs::metadata(&file.path).and_then(|metadata| metadata.modified()).map_err(|error| {
        match error.kind() {
            ErrorKind::NotFound => format!("there is no {shown}"),
            _ => format!("{shown} cannot be looked at: {error}"),
        }
    })?;
    match file.max_age {
        Some(limit) => judge(now, modified, limit).map_or_else(
            |why| Err(format!("{shown} was modified {why}")),
            |age| Ok(format!("{shown} was modified {age} ago")),
        ),
        None => Ok(format!("{shown} exists")),
    }
}

/// A time in the future is not new for ever: whoever wrote the file had
/// another clock, and says nothing by it once that is further off than the
/// limit.
fn judge(now: SystemTime, modified: SystemTime, limit: Duration) -> Result<GoDuration, String> {
    let allowed = GoDuration(limit);
    match now.duration_since(modified) {
        Ok(age) if age <= limit => Ok(rounded(age)),
        Ok(age) => Err(format!("{} ago, and at most {allowed} are allowed", rounded(age))),
        Err(ahead) if ahead.duration() <= limit => Ok(GoDuration(Duration::ZERO)),
        Err(ahead) => Err(format!(
            "{} in the future, and a difference of at most {allowed} is allowed",
            rounded(ahead.duration())
        )),
    }
}

/// As exact as a reader wants it.
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
        let told = |modified| judge(now, modified, limit).map(|age| age.to_string());
        assert_eq!(told(now - 2 * second), Ok("2s".into()));
        assert_eq!(told(now - limit), Ok("30s".into()));
        assert_eq!(told(now - 90 * second), Err("1m30s ago, and at most 30s are allowed".into()));
        assert_eq!(told(now + 30 * second), Ok("0s".into()));
        let reason = "31s in the future, and a difference of at most 30s is allowed";
        assert_eq!(told(now + 31 * second), Err(reason.into()));
        assert_eq!(told(now - Duration::from_millis(1)), Ok("1ms".into()));
    }
}
