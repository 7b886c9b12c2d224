//! `gompa-hub token`: makes a token, to try things out or for a script.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;

use crate::access::{Claims, Secret};

/// What the token says.
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// File with the secret that the hub has, too
    #[arg(long, env = "GOMPA_HUB_SECRET_FILE", value_name = "FILE")]
    secret_file: PathBuf,

    /// A room it opens; with a * behind, all that begin so
    #[arg(long = "room", value_name = "ROOM", default_value = "*")]
    rooms: Vec<String>,

    /// Who it is for
    #[arg(long, value_name = "NAME")]
    subject: Option<String>,

    /// Seconds until it is void
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    ttl: u64,

    /// It may listen, not speak
    #[arg(long)]
    listen_only: bool,

    /// It may see the operator's page
    #[arg(long)]
    admin: bool,
}

/// The token, or why there is none.
pub fn token(args: &TokenArgs) -> Result<String, String> {
    let secret = Secret::read(&args.secret_file)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let until = now.map_err(|e| e.to_string())? + Duration::from_secs(args.ttl);
    Ok(secret.sign(&Claims {
        exp: until.as_secs(),
        nbf: None,
        sub: args.subject.clone(),
        rooms: args.rooms.clone(),
        publish: args.listen_only.then_some(false),
        admin: args.admin,
    }))
}
