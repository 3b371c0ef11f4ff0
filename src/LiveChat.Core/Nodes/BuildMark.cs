using System.Reflection;

namespace LiveChat.Core.Nodes;

/// <summary>Which build runs: all assemblies of a build have the same mark.</summary>
internal static class BuildMark
{
    /// <summary>The version, and behind a plus sign the commit.</summary>
    public static string Full { get; } = typeof(BuildMark).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>The version alone.</summary>
    public static string Version { get; } = Full.Split('+')[0];
}
