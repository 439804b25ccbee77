//! What may be read, and how it is with the district.

use roster_core::{CheckReport, ConnectionState, EntityKind, PullContext, Result};

use crate::{
    client::{Access, Client},
    collection::{Collection, Walk},
    error::is_withheld,
    map::{Said, Wants},
    pull::sentence,
};

/// Looks the token up, asks for the district, the first row of each collection, and the newest event.
pub(crate) async fn check(client: &Client, cx: &PullContext) -> Result<CheckReport> {
    let mut report = CheckReport::default();
    let Some(access) = client.connection(cx).await? else {
        report.state = Some(ConnectionState::Revoked);
        report.warnings.push(format!(
            "The district {} is not among those that have connected to the app: it has taken access back, or never gave it. \
             Nothing of its people is ended by that.",
            client.district_id()
        ));
        return Ok(report);
    };
    let district = client.district(&Wants::default(), cx).await?;
    report.state = Some(ConnectionState::Live);
    if let Said::District(district) = district.said {
        report.state = Some(district.standing.state);
        report.data_as_of = district.standing.data_as_of;
        report.warnings.extend(sentence(&district.standing).map(|text| as_sentence(&text)));
    }
    tell_scopes(&access, &mut report);
    report.granted.insert(EntityKind::Org);
    probe(client, &access, cx, &mut report).await?;
    let has_feed = probe_feed(client, cx, &mut report).await?;
    report.profile = Some(serde_json::json!({
        "api_version": client.version().as_str(),
        "scopes": access.scopes,
        "events": has_feed,
    }));
    Ok(report)
}

fn tell_scopes(access: &Access, report: &mut CheckReport) {
    if let Some(scopes) = &access.scopes {
        let named = if scopes.is_empty() { "none".to_owned() } else { scopes.join(", ") };
        report.warnings.push(format!("Granted scopes: {named}."));
    }
}

async fn probe(client: &Client, access: &Access, cx: &PullContext, report: &mut CheckReport) -> Result<()> {
    let mut kinds = vec![
        (Collection::Schools, None, EntityKind::Org),
        (Collection::Terms, None, EntityKind::AcademicSession),
        (Collection::Courses, None, EntityKind::Course),
        (Collection::Sections, None, EntityKind::Class),
    ];
    kinds.extend(Walk::ALL.map(|walk| (Collection::Users, Some(walk), EntityKind::Person)));
    let mut is_told = false;
    for (collection, walk, kind) in kinds {
        match client.probe(collection, walk, cx).await {
            Ok(has_rows) => {
                let is_contact = walk == Some(Walk::Contact);
                let scope = walk.map_or(collection.scope(), |walk| Some(walk.scope()));
                if let (false, Some(scope)) = (has_rows, scope)
                    && access.grants(scope) == Some(false)
                {
                    // Clever answers with an empty list what it does not share.
                    report
                        .warnings
                        .push(format!("The scope {scope} was not granted, and nothing of it is shared."));
                    continue;
                }
                if is_contact {
                    report.granted.insert(EntityKind::Relationship);
                    if !has_rows && access.grants(Walk::Contact.scope()) != Some(true) {
                        report.warnings.push("No contacts are shared, or there are none.".to_owned());
                    }
                } else {
                    report.granted.insert(kind);
                }
                if collection == Collection::Sections {
                    report.granted.insert(EntityKind::Enrollment);
                }
            }
            Err(error) if is_withheld(&error) => {
                if !is_told && client.is_user(cx).await {
                    return Err(client.explained(error, cx).await);
                }
                is_told = true;
                report.warnings.push(as_sentence(error.message()));
            }
            Err(error) => return Err(client.explained(error, cx).await),
        }
    }
    Ok(())
}

async fn probe_feed(client: &Client, cx: &PullContext, report: &mut CheckReport) -> Result<bool> {
    let why = match client.newest_event(cx).await {
        Ok(Some(_)) => return Ok(true),
        Ok(None) => {
            "The feed has no event: events may not be switched on for the app. Each pull is a full one."
        }
        Err(error) if is_withheld(&error) => {
            "The feed is not given out: events may not be switched on for the app, or it has no Secure Sync. Each pull is a \
             full one."
        }
        Err(error) => return Err(error),
    };
    report.warnings.push(why.to_owned());
    Ok(false)
}

fn as_sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}
