//! A list is read for its counts alone, where a page of it looks as if the school shared something no longer.

use roster_core::Result;

use super::{Pull, plan::Step};
use crate::{
    client::{Reading, read},
    error::is_withheld,
    map,
};

impl Pull {
    /// Takes the rest of a page. What nothing on it has any more is seen once all of them were read; and where more pages follow, once
    /// those were counted too.
    pub(super) async fn rest_of_page(&mut self) -> Result<()> {
        let Some(at) = &mut self.at else { return Ok(()) };
        at.rows.by_ref().for_each(|row| self.intake.row(at.step, &row, &at.place, at.filtered));
        // Of changes only some come, and they are judged as such.
        let goes_on = !at.filtered && !at.reader.is_over() && self.request.scope.is_everything();
        let (step, includes) = (at.step, at.includes.clone());
        if goes_on && self.intake.values.asks_for_all(step.resource) {
            self.survey(step, includes).await?;
        }
        self.intake.keep_what_is_gone();
        Ok(())
    }

    async fn survey(&mut self, step: Step, includes: Vec<&'static str>) -> Result<()> {
        let Some(opened) = &self.opened else { return Ok(()) };
        let reading = Reading {
            resource: step.resource,
            school: self.settings.school.clone(),
            includes,
            since: None,
            page_size: self.request.page_size,
        };
        tracing::debug!(endpoint = step.resource.path(), "counting what is there of all");
        let mut reader = read(&opened.wire, &self.habits, reading, &self.cx);
        loop {
            match reader.next().await {
                Ok(Some(page)) => {
                    let place = map::place(step.resource.path(), reader.page());
                    page.rows.iter().for_each(|row| self.intake.survey(step.resource, row, &place));
                }
                Ok(None) => return Ok(()),
                Err(error) if is_withheld(&error) => {
                    self.intake.values.discount();
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
    }
}
