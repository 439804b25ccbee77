//! A vendor's rows as structs.

/// Makes structs of a vendor's rows: each field with its type and the key that it has in JSON, borrowed from the answer. What is missing
/// is the default. `KEYS` are the keys that are read, and those `beside` them that are left out on purpose: all else of a row is extra.
///
/// ```
/// use roster_http::json::Text;
///
/// roster_http::wire_structs! {
///     beside ["created"];
///     /// A school.
///     School { id "id": Text<'a>, given_name "name": Text<'a>, }
/// }
/// let school: School<'_> = serde_json::from_str(r#"{"id":7,"name":"Elm","town":"Hill"}"#).unwrap();
/// assert_eq!((school.id.get(), school.given_name.get()), (Some("7"), Some("Elm")));
/// assert_eq!(School::KEYS, ["created", "id", "name"]);
/// ```
#[macro_export]
macro_rules! wire_structs {
    (@keys [$($beside:literal),*] $($key:literal)+) => { &[$($beside,)* $($key,)+] };
    (
        beside $beside:tt;
        $($(#[$doc:meta])* $name:ident { $($field:ident $key:literal: $type:ty,)+ })+
    ) => {$(
        $(#[$doc])*
        #[derive(Clone, Default, ::serde::Deserialize)]
        #[serde(default)]
        pub(crate) struct $name<'a> {
            $(#[serde(rename = $key, borrow)] pub(crate) $field: $type,)+
        }

        impl $name<'_> {
            /// The keys that are read, or left out on purpose; all else is extra.
            #[allow(dead_code, reason = "parts of rows have no extra fields")]
            pub(crate) const KEYS: &'static [&'static str] = $crate::wire_structs!(@keys $beside $($key)+);
        }
    )+};
}
