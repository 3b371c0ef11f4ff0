namespace LiveChat.Server.Backend;

/// <summary>What an operator may ask for, at the internal port.</summary>
internal static class OperatorRoutes
{
    public static IReadOnlyList<BackendRoute> All { get; } =
        [
            .. KeyRoutes.All, .. StatusRoutes.All, .. CheckpointRoutes.All, .. ErasureRoutes.All,
            .. DeletionRoutes.All,
        ];
}
