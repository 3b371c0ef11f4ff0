using System.CommandLine;

namespace LiveChat.Cli.Bench;

/// <summary><c>--html</c> and <c>--overwrite</c>: where a report goes. It is written over nothing, unless the command
/// line says so.</summary>
internal sealed class HtmlOption
{
    private readonly Option<FileInfo?> _file = new("--html")
    {
        Description = "Writes a report with plots to this file, one HTML file that needs nothing else.",
    };

    private readonly Option<bool> _overwrite = new("--overwrite")
    {
        Description = "The report may replace a file.",
    };

    /// <summary>Adds the options to a command.</summary>
    public HtmlOption(Command command)
    {
        command.Add(_file);
        command.Add(_overwrite);
        _file.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<FileInfo?>() is not { } file) return;
            if (file.Exists && result.GetResult(_overwrite) is not { Implicit: false })
                result.AddError($"{file} is there already: --overwrite replaces it.");
            if (Directory.Exists(file.FullName)) result.AddError($"{file} is a folder.");
            if (file.Directory is { Exists: false } folder) result.AddError($"There is no folder {folder}.");
        });
    }

    /// <summary>Writes the report, when one is wanted.</summary>
    /// <exception cref="CliException">The file cannot be written.</exception>
    public async Task WriteAsync(ParseResult parsed, Func<string> report)
    {
        if (parsed.GetValue(_file) is not { } file) return;
        var mode = parsed.GetValue(_overwrite) ? FileMode.Create : FileMode.CreateNew;
        try
        {
            await using var stream = new FileStream(file.FullName, mode, FileAccess.Write);
            await using var writer = new StreamWriter(stream);
            await writer.WriteAsync(report());
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Usage, $"The report was not written: {wrong.Message}");
        }
    }
}
