namespace LiveChat.Core.Identities;

/// <summary>
/// The server keys of the embedding application's backend. Only a hash of the secret is kept. Durable before a call
/// returns, except the time of the last use. The contract tests check: an id is given once; a key that was disabled
/// stays so; the list is complete and in the order of the ids. All members may be called from any thread.
/// </summary>
internal interface IApiKeyStore
{
    /// <summary>Adds the key; false when its id is there already, and nothing changes.</summary>
    ValueTask<bool> AddKeyAsync(ApiKey key, CancellationToken cancellationToken);

    ValueTask<ApiKey?> ReadKeyAsync(string id, CancellationToken cancellationToken);

    ValueTask<IReadOnlyList<ApiKey>> ReadKeysAsync(CancellationToken cancellationToken);

    /// <summary>Disables the key for good; false when there is none.</summary>
    ValueTask<bool> DisableKeyAsync(string id, CancellationToken cancellationToken);

    /// <summary>Notes that the key was used.</summary>
    ValueTask TouchKeyAsync(string id, long timeMs, CancellationToken cancellationToken);
}

/// <summary>A server key.</summary>
/// <param name="Id">Public; part of what the client shows.</param>
/// <param name="Name">What people call it.</param>
/// <param name="SecretHash">SHA-256 of the secret in hex; the secret has 32 random bytes, so that no salt is needed.
/// </param>
internal sealed record ApiKey(string Id, string Name, string SecretHash)
{
    public required long CreatedMs { get; init; }

    /// <summary>About when it was last used; 0 when it never was.</summary>
    public long LastUsedMs { get; init; }

    public bool IsDisabled { get; init; }
}
