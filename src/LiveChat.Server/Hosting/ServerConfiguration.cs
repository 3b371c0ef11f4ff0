using System.Reflection;
using LiveChat.Server.Http;
using Microsoft.Extensions.Configuration;

namespace LiveChat.Server.Hosting;

/// <summary>
/// The options as they are configured, checked. Whatever is written where there is no option is refused, from each of
/// the three places: a limit that is misspelt would be no limit.
/// </summary>
internal static class ServerConfiguration
{
    private const string FileName = "livechat.json";
    private const string Prefix = $"--{ServerOptions.Section}:";
    private const BindingFlags Named = BindingFlags.Instance | BindingFlags.Public | BindingFlags.IgnoreCase;

    public static IReadOnlyList<ServerSwitch> Switches { get; } =
    [
        new("--profile", nameof(ServerOptions.Profile), "Single, or Cluster: on Kafka, Cassandra and Redis."),
        new("--data", nameof(ServerOptions.Data), "The folder that holds everything; made when it is not there."),
        new("--listen", nameof(ServerOptions.Listen), "The address to listen on."),
        new("--internal", nameof(ServerOptions.Internal), "The address for health, metrics and server keys."),
        new("--partitions", nameof(ServerOptions.Partitions), "Partitions of the log, when the folder is made."),
        new("--dev", nameof(ServerOptions.Development), "Anybody is any user: never in production.", TakesValue: false),
    ];

    /// <exception cref="InvalidDataException">Something cannot be read, is no option, or is out of its range.
    /// </exception>
    public static ServerOptions Read(string[] args) => Read(Build(args));

    /// <summary>Every option with its value, and where that was set.</summary>
    /// <exception cref="InvalidDataException">As for <see cref="Read(string[])"/>.</exception>
    public static IReadOnlyList<ConfiguredOption> Explain(string[] args)
    {
        var configuration = Build(args);
        return [.. ConfiguredOptions.Of(Read(configuration), configuration)];
    }

    /// <summary>The three places above the profile that they name, in the order of <see cref="ConfiguredOptions"/>.
    /// </summary>
    private static IConfigurationRoot Build(string[] args)
    {
        var (file, given) = (ReadFile(), Parse(args));
        return Layer(ProfileDefaults.Of(Layer([])));

        IConfigurationRoot Layer(IEnumerable<KeyValuePair<string, string?>> defaults) => new ConfigurationBuilder()
            .AddInMemoryCollection(defaults)
            .AddConfiguration(file)
            .AddEnvironmentVariables()
            .AddInMemoryCollection(given)
            .Build();
    }

    private static ServerOptions Read(IConfigurationRoot configuration)
    {
        var section = configuration.GetSection(ServerOptions.Section);
        Check(section, typeof(ServerOptions));
        var options = new ServerOptions();
        try
        {
            section.Bind(options);
        }
        catch (InvalidOperationException wrong)
        {
            throw new InvalidDataException(wrong.Message, wrong);
        }

        var result = new ServerOptionsValidator().Validate(name: null, options);
        if (result.Failed) throw new InvalidDataException(result.FailureMessage);
        var contradiction = LogContradictions.Find(section, options)
            ?? StoreContradictions.Find(section, options)
            ?? PresenceContradictions.Find(section, options)
            ?? LinksContradictions.Find(section, options)
            ?? ProfileDefaults.Find(options)
            ?? TelemetryContradictions.Find(section, options)
            ?? RetentionContradictions.Find(options);
        if (contradiction is not null) throw new InvalidDataException(contradiction);
        if (options.Origins.Select(OriginPolicy.Problem).OfType<string>().FirstOrDefault() is { } unmatched)
            throw new InvalidDataException(unmatched);
        CheckAddress(nameof(options.Listen), options.Listen);
        if (options.Internal.Length > 0) CheckAddress(nameof(options.Internal), options.Internal);
        if (options.Development && options.Tokens.KeysUrl.Length > 0)
            throw new InvalidDataException(
                "Development hands out tokens of the data folder's secret, and Tokens:KeysUrl takes no such token.");
        return options;
    }

    private static void CheckAddress(string option, string address)
    {
        if (address.StartsWith("https:", StringComparison.OrdinalIgnoreCase))
            throw new InvalidDataException(
                $"{option} is {address}, and the server speaks no TLS itself: let it listen on http://, and put a "
                + "proxy in front that ends TLS, such as that of deploy/nginx.");
        if (!address.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
            throw new InvalidDataException($"{option} is {address}: write an address such as http://127.0.0.1:8080.");
    }

    private static IConfigurationRoot ReadFile()
    {
        var path = Path.GetFullPath(FileName);
        try
        {
            var file = new ConfigurationBuilder().AddJsonFile(path, optional: true, reloadOnChange: false).Build();
            foreach (var child in file.GetChildren())
            {
                if (!child.Key.Equals(ServerOptions.Section, StringComparison.OrdinalIgnoreCase))
                    throw new InvalidDataException($"{child.Key} stands outside of {ServerOptions.Section}.");
            }

            return file;
        }
        catch (Exception wrong) when (wrong is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            // The innermost says in which line.
            throw new InvalidDataException($"{path} cannot be used: {wrong.GetBaseException().Message}", wrong);
        }
    }

    /// <summary>The command line as keys and values; a later one overrides an earlier one.</summary>
    private static Dictionary<string, string?> Parse(string[] args)
    {
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < args.Length; i++)
        {
            var (name, value) = args[i].Split('=', 2) is [var before, var behind] ? (before, behind) : (args[i], null);
            var isLong = name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);
            var known = isLong ? null : Switches.FirstOrDefault(known => known.Name == name)
                ?? throw new InvalidDataException($"There is no option {name}: livechat serve --help lists them.");
            if (value is null && known is { TakesValue: false }) value = "true";
            else if (value is null && i + 1 < args.Length && !IsOption(args[i + 1])) value = args[++i];
            if (value is null) throw new InvalidDataException($"{name} needs a value.");
            values[known is null ? name["--".Length..] : $"{ServerOptions.Section}:{known.Option}"] = value;
        }

        return values;
    }

    private static bool IsOption(string argument) => argument.StartsWith("--", StringComparison.Ordinal);

    /// <summary>The binder leaves alone what it does not know; told not to, it names no path.</summary>
    private static void Check(IConfiguration section, Type options)
    {
        foreach (var child in section.GetChildren())
        {
            var type = options.GetProperty(child.Key, Named)?.PropertyType;
            var isValue = type == typeof(string) || type?.IsValueType == true;
            var unknown = type is null ? child : isValue ? child.GetChildren().FirstOrDefault() : null;
            if (unknown is not null)
                throw new InvalidDataException($"There is no option {unknown.Path}: docs/CONFIG.md lists them.");
            if (!isValue && child.Value is { Length: > 0 })
                throw new InvalidDataException($"{child.Path} has no value of its own: see docs/CONFIG.md.");
            if (!isValue && type!.IsClass) Check(child, type);
        }
    }
}
