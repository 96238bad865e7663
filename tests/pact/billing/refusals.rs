//! What no manager can send, because its types do not allow it, and a provider must refuse all the same.
