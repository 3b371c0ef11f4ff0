namespace LiveChat.Server.Backend;

/// <summary>Everything that a server key may ask for itself. For a user it may ask for what the user may.</summary>
internal static class BackendRoutes
{
    public static IReadOnlyList<BackendRoute> All { get; } =
        [.. UserRoutes.All, .. ErasureRoutes.All, .. DeletionRoutes.All, .. SessionRoutes.All, .. TokenRoutes.All];
}
