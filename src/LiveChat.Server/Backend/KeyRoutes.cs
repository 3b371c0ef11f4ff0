using LiveChat.Core.Identities;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Timing;
using LiveChat.Protocol;
using LiveChat.Server.Tokens;

namespace LiveChat.Server.Backend;

/// <summary>The server keys, for the operator alone: these routes are on the internal port and nowhere else.</summary>
internal static class KeyRoutes
{
    private const string Path = "/v1/keys";

    /// <summary>More keys that are good at the same time nobody can keep an eye on.</summary>
    private const int KeysMax = 100;

    private static readonly BackendJsonContext Shapes = BackendJsonContext.Default;

    public static IReadOnlyList<BackendRoute> All { get; } =
    [
        new("listKeys", "GET", Path, "The server keys", null, Shapes.KeyList, ListAsync),
        new("createKey", "POST", Path, "Make a server key", Shapes.KeyDraft, Shapes.KeyInfo, CreateAsync)
        {
            LocationOf = static made => $"{Path}/{((KeyInfo)made).Id}",
        },
        new("revokeKey", "DELETE", Path + "/{key}", "Revoke a server key for good", null, null, RevokeAsync),
    ];

    private static async ValueTask<object> ListAsync(BackendServices services, BackendCall call) => new KeyList
    {
        Items = [.. (await services.Keys.ReadAllAsync(call.Aborted)).Select(static key => InfoOf(key, null))],
    };

    private static async ValueTask<object> CreateAsync(BackendServices services, BackendCall call)
    {
        var name = call.BodyAs<KeyDraft>().Name;
        var keys = await services.Keys.ReadAllAsync(call.Aborted);
        if (keys.Count(static key => !key.IsDisabled) >= KeysMax)
            return Problems.Of(ErrorCode.Conflict, $"There are {KeysMax} keys already: revoke one.");
        var (made, text) = await services.Keys.CreateAsync(name, call.Aborted);
        return InfoOf(made, text);
    }

    private static async ValueTask<object> RevokeAsync(BackendServices services, BackendCall call) =>
        await services.Keys.RevokeAsync(call.Thing, call.Aborted)
            ? BackendRoute.Done
            : Problems.Of(ErrorCode.NotFound);

    private static KeyInfo InfoOf(ApiKey key, string? text) => new()
    {
        Id = ServerKeys.IdOf(key),
        Name = key.Name,
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(key.CreatedMs),
        LastUsedAt = Times.OrNone(key.LastUsedMs),
        Revoked = key.IsDisabled,
        Key = text,
    };
}
