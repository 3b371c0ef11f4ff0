using LiveChat.Server.Hosting;

namespace LiveChat.Server.Doctor;

/// <summary>
/// What <c>livechat doctor</c> looks at: the configuration first, since all else depends on it, then the machine, the
/// data folder, a log and stores outside of it, and the server that uses it. Nothing is changed, and a running server
/// is only asked.
/// </summary>
internal static class Examination
{
    /// <param name="args">The options that the server is started with.</param>
    /// <param name="time">For the waits.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<IReadOnlyList<Finding>> RunAsync(
        string[] args, TimeProvider time, CancellationToken cancellationToken)
    {
        ServerOptions options;
        try
        {
            options = ServerConfiguration.Read(args);
        }
        catch (InvalidDataException wrong)
        {
            return [new Finding("configuration", FindingLevel.Bad, wrong.Message, "Correct it: docs/CONFIG.md.")];
        }

        var folder = Path.GetFullPath(options.Data);
        var server = FolderHolder.Find(folder);
        return
        [
            MachineChecks.Version(),
            ConfigurationChecks.Look(options),
            .. FolderChecks.Look(folder, options, time),
            MachineChecks.Disk(folder, options.ReserveBytes),
            MachineChecks.Clock(),
            MachineChecks.Files(server, options.Sessions.ConnectionsMax),
            .. await ServiceChecks.LookAsync(folder, options, time, cancellationToken),
            .. await ServerChecks.LookAsync(options, server is not null, time, cancellationToken),
        ];
    }
}
