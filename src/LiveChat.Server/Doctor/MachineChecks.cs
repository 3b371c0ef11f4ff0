using System.Globalization;
using LiveChat.Core.Nodes;
using LiveChat.Embedded.Ids;

namespace LiveChat.Server.Doctor;

/// <summary>What the machine must give: room, a clock, files.</summary>
internal static class MachineChecks
{
    /// <summary>What a server opens besides one file for each connection: its databases above all.</summary>
    private const long OwnFiles = 2_000;

    /// <summary>Below so many times the reserve the disk is nearly full.</summary>
    private const int SoonShort = 4;

    public static Finding Version() => new(
        "version",
        FindingLevel.Good,
        $"livechat {BuildMark.Full} on {System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription}.");

    /// <param name="folder">Where the data is or will be.</param>
    /// <param name="reserve">Bytes below which sends are refused.</param>
    public static Finding Disk(string folder, long reserve)
    {
        var there = folder;
        while (!Directory.Exists(there) && Path.GetDirectoryName(there) is { } parent) there = parent;
        var drive = new DriveInfo(there);
        var free = drive.AvailableFreeSpace;
        var found = $"{SizeText.Of(free)} of {SizeText.Of(drive.TotalSize)} are free, "
            + $"{SizeText.Of(reserve)} of it in reserve.";
        const string Advice = "Free some room: docs/ops/full-disk.md.";
        return free < reserve ? new Finding("disk", FindingLevel.Bad, $"{found} Sends are refused.", Advice)
            : free < SoonShort * reserve ? new Finding("disk", FindingLevel.Warning, found, Advice)
            : new Finding("disk", FindingLevel.Good, found);
    }

    /// <summary>Ids and times come from the clock.</summary>
    public static Finding Clock() => KernelClock.IsSynchronized() switch
    {
        true => new Finding("clock", FindingLevel.Good, "The kernel says that its clock is synchronized."),
        false => new Finding(
            "clock",
            FindingLevel.Warning,
            "The kernel says that nobody synchronizes its clock.",
            "Run chrony or systemd-timesyncd here, or on the machine that this one is a guest of."),
        null => new Finding("clock", FindingLevel.Warning, "Whether the clock is synchronized cannot be asked here."),
    };

    /// <param name="server">The running server's process; null: what a server that is started here would get.</param>
    /// <param name="connections">Connections that it may have.</param>
    public static Finding Files(int? server, int connections)
    {
        const string Name = "open files";
        var limits = $"/proc/{server?.ToString(CultureInfo.InvariantCulture) ?? "self"}/limits";
        if (!File.Exists(limits) || LimitIn(File.ReadLines(limits)) is not { } limit)
            return new Finding(Name, FindingLevel.Warning, "How many files may be open cannot be asked here.");
        var needed = connections + OwnFiles;
        var found = $"{(server is null ? "A server started here" : $"The server (process {server})")} may open "
            + $"{limit:N0} files; {connections:N0} connections need {needed:N0}.";
        return limit >= needed
            ? new Finding(Name, FindingLevel.Good, found)
            : new Finding(
                Name,
                FindingLevel.Warning,
                found,
                "Raise LimitNOFILE (systemd) or ulimit -n, or lower LiveChat:Sessions:ConnectionsMax.");
    }

    /// <summary>The hard limit, which .NET raises its own to: the last but one of the line's words.</summary>
    private static long? LimitIn(IEnumerable<string> lines)
    {
        var line = lines.FirstOrDefault(static line => line.StartsWith("Max open files", StringComparison.Ordinal));
        var hard = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2];
        return hard == "unlimited" ? long.MaxValue
            : long.TryParse(hard, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit
            : null;
    }
}
