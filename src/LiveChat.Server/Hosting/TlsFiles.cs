namespace LiveChat.Server.Hosting;

/// <summary>Options that name files for connections with TLS to another service.</summary>
internal static class TlsFiles
{
    /// <summary>What is wrong with them, with what to do; null when nothing is.</summary>
    /// <param name="section">The section of the configuration that has the options and <c>Tls</c>.</param>
    /// <param name="tls">Whether the connections use TLS.</param>
    /// <param name="named">The options with what they name; empty for none.</param>
    public static string? Find(string section, bool tls, params ReadOnlySpan<(string Option, string File)> named)
    {
        foreach (var (option, file) in named)
        {
            if (file.Length == 0) continue;
            if (!tls)
                return $"{section}:{option} is set and {section}:Tls is not: set {section}:Tls=true, or leave it out.";
            if (!File.Exists(file)) return $"{section}:{option} names {file}, which is not there: name a PEM file.";
        }

        return null;
    }
}
