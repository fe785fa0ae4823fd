//! Settings about the people who sign in.

use std::str::FromStr;

use bellwether_model::session::SessionLimits;
use bellwether_model::user::UserIdentity;
use clap::Args;

/// Who signs in, for how long, how long it is known what was done, and what has to be confirmed.
#[derive(Debug, Clone, Args)]
pub struct People {
    /// Mail address of the administrator that is made at the first start; the password is printed then.
    #[arg(long, value_name = "EMAIL", env = "BELLWETHER_ADMIN_EMAIL", default_value = "admin@localhost")]
    pub admin_email: Email,

    /// How long people stay signed in to the console, 1 to 720.
    #[arg(long, value_name = "HOURS", env = "BELLWETHER_SESSION_HOURS", default_value_t = 12,
          value_parser = clap::value_parser!(u16).range(1..=720))]
    pub session_hours: u16,

    /// How long they stay signed in without doing anything, 5 to 43200.
    #[arg(long, value_name = "MINUTES", env = "BELLWETHER_SESSION_IDLE_MINUTES", default_value_t = 120,
          value_parser = clap::value_parser!(u16).range(5..=43_200))]
    pub session_idle_minutes: u16,

    /// How long it is known who changed what, 1 to 3650.
    #[arg(long, value_name = "DAYS", env = "BELLWETHER_AUDIT_DAYS", default_value_t = 30,
          value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub audit_days: u32,

    /// From so many devices on the console asks for their number to be typed before a job begins.
    #[arg(long, value_name = "N", env = "BELLWETHER_CONFIRM_DEVICES", default_value_t = 100)]
    pub confirm_devices: u64,
}

impl People {
    /// How long sessions last.
    pub fn sessions(&self) -> SessionLimits {
        SessionLimits { life: i64::from(self.session_hours) * 3600, idle: i64::from(self.session_idle_minutes) * 60 }
    }
}

/// A mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(pub String);

impl FromStr for Email {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        UserIdentity::Email { email: text.to_owned() }.check().map_err(|bad| bad.rule)?;
        Ok(Email(text.to_owned()))
    }
}
