namespace LiveChat.Cli.Text;

/// <summary>Sentences that end with what somebody else said, who may have ended it with a full stop already.</summary>
internal static class Sentence
{
    /// <summary>The reason without its end, to stand inside of a sentence.</summary>
    public static string Inside(string reason) => reason.TrimEnd().TrimEnd('.');

    /// <summary>The reason as the end of a sentence.</summary>
    public static string End(string reason) => Inside(reason) + ".";
}
