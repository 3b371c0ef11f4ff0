namespace LiveChat.Server.Hosting;

/// <summary>What the server says when it is ready: where the data is, where it listens, for clients and for
/// operators, how to get a token.</summary>
internal static class Banner
{
    public static void Write(TextWriter output, ServerStore store, Uri url, string? inner, bool isDevelopment)
    {
        if (isDevelopment)
        {
            output.WriteLine("*** DEVELOPMENT MODE: anybody who reaches this server can be any user. ***");
            output.WriteLine($"    {url.GetLeftPart(UriPartial.Authority)}{Tokens.DevelopmentTokens.Path}");
        }

        if (store.IsNew) output.WriteLine("A new LiveChat server: the data folder and its secret were made.");
        output.WriteLine($"  data    {store.Path}");
        var scheme = url.Scheme == Uri.UriSchemeHttps ? Uri.UriSchemeWss : Uri.UriSchemeWs;
        output.WriteLine($"  url     {scheme}://{url.Authority}{Gateway.RealtimeEndpoint.Path}");
        if (inner is not null) output.WriteLine($"  inner   {inner}");
        output.WriteLine($"  token   livechat token --user NAME --data {store.Path}");
        output.WriteLine("Ready. Stop with Ctrl+C.");
    }
}
