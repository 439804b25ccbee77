#![doc = include_str!("../README.md")]

mod answer;
mod attempts;
mod auth;
mod failure;
pub mod json;
mod limiter;
mod limits;
mod link;
mod origin;
mod pace;
pub mod paging;
mod retry;
mod timer;
mod told;
mod transport;
mod wire;

pub use reqwest::{Method, StatusCode, header::HeaderMap};

pub use self::{
    answer::Answer,
    auth::{
        Assertion, Auth, ClientAuth, CodeFlow, CodeRequest, Grant, LookUp, OAuth1, Rotating, SignatureMethod,
        TokenCache, TokenRefusals, Tokens,
    },
    failure::{Again, Classifier, Failure, Meaning, Refusal, by_status},
    limiter::Limiter,
    limits::HttpLimits,
    link::link_target,
    origin::{BaseUrl, percent_encode},
    pace::Pace,
    retry::{Decision, Reason, RetryBudget, RetryPolicy},
    told::told_wait,
    wire::{Call, Wire, WireBuilder},
};
