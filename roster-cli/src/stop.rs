//! Signals that stop a pull or a sync.

/// Ends when the user or the system asks the program to stop, so that half-written files are removed first.
pub(crate) async fn signal() {
    #[cfg(unix)]
    {
        use std::pin::pin;

        use futures::future::{pending, select};
        use tokio::signal::unix::{SignalKind, signal};

        let heard = async |kind| match signal(kind) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            // Not heard: the system's own way of stopping remains.
            Err(_) => pending().await,
        };
        select(pin!(heard(SignalKind::interrupt())), pin!(heard(SignalKind::terminate()))).await;
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        futures::future::pending::<()>().await;
    }
}
