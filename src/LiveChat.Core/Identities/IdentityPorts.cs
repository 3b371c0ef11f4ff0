namespace LiveChat.Core.Identities;

/// <summary>The stores of who is who, which one store usually is.</summary>
internal sealed record IdentityPorts(
    IIdentityStore Users, IApiKeyStore Keys, IUserSettingsStore Settings, ILastSeenStore LastSeen)
{
    public static IdentityPorts InMemory()
    {
        var store = new InMemoryIdentityStore();
        return new IdentityPorts(store, store, store, new InMemoryLastSeenStore());
    }
}
