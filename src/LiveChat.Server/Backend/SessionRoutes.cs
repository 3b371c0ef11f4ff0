using LiveChat.Core.Timing;

namespace LiveChat.Server.Backend;

/// <summary>What a user is signed in with, and how the application takes it back.</summary>
internal static class SessionRoutes
{
    private const string Devices = UserRoutes.User + "/devices";
    private const string Sessions = UserRoutes.User + "/sessions";

    private static readonly BackendJsonContext Shapes = BackendJsonContext.Default;

    public static IReadOnlyList<BackendRoute> All { get; } =
    [
        new("listDevices", "GET", Devices, "A user's devices", null, Shapes.DeviceList, DevicesAsync),
        new(
            "revokeDevice", "DELETE", Devices + "/{device}", "Revoke a device: close its sessions, void its tokens",
            null, null,
            RevokeDeviceAsync),
        new("listSessions", "GET", Sessions, "A user's sessions", null, Shapes.SessionList, SessionsAsync),
        new(
            "revokeUser", "DELETE", Sessions, "Revoke a user: close all sessions, void all tokens", null, null,
            RevokeUserAsync),
        new(
            "revokeSession", "DELETE", Sessions + "/{session}", "Revoke a session and its token", null, null,
            RevokeSessionAsync),
    ];

    private static async ValueTask<object> DevicesAsync(BackendServices services, BackendCall call)
    {
        var devices = await services.Users.ReadDevicesAsync(call.User, call.Aborted);
        return new DeviceList
        {
            Items =
            [
                .. devices.Select(static device => new DeviceInfo
                {
                    Device = device.Device,
                    ConnectedAt = Times.OrNone(device.LastSeenMs),
                    RevokedBefore = Times.OrNone(device.RevokedBeforeMs),
                }),
            ],
        };
    }

    private static async ValueTask<object> SessionsAsync(BackendServices services, BackendCall call)
    {
        var (sessions, problem) = await services.Node.Revocations.SessionsOfAsync(call.User, call.Aborted);
        return sessions is null
            ? problem!
            : new SessionList
            {
                Items =
                [
                    .. sessions.Select(static session => new SessionInfo
                    {
                        Session = session.Id,
                        Device = session.Device,
                    }),
                ],
            };
    }

    private static async ValueTask<object> RevokeDeviceAsync(BackendServices services, BackendCall call)
    {
        await services.Node.Revocations.RevokeDeviceAsync(call.User, call.Thing, call.Aborted);
        return BackendRoute.Done;
    }

    private static async ValueTask<object> RevokeUserAsync(BackendServices services, BackendCall call)
    {
        await services.Node.Revocations.RevokeUserAsync(call.User, call.Aborted);
        return BackendRoute.Done;
    }

    private static async ValueTask<object> RevokeSessionAsync(BackendServices services, BackendCall call) =>
        await services.Node.Revocations.RevokeSessionAsync(call.User, call.Thing, call.Aborted) is { } problem
            ? problem
            : BackendRoute.Done;
}
