namespace PmmCrypt.Testing.Secrets;

/// <summary>A secret is where it has no business. The message says which one, in which form, and where; not the secret itself.</summary>
public sealed class SecretFoundException(string message) : Exception(message);
