using System.Security.Cryptography;
using Google.Protobuf;
using LiveChat.Core.Links;

namespace LiveChat.Cluster.Links;

/// <summary>
/// The beginning of a call, as calls.proto draws it: each end says who it is and proves that it knows the secret, where
/// there is one; the called node checks last. No state.
/// </summary>
internal static class LinkOpenings
{
    private const uint Version = 1;
    private const byte OfCaller = 1;
    private const byte OfCalled = 2;
    private const int HelloBytesMax = 64 * 1024;
    private const int RefusalLengthMax = 1_000;
    private const string SetSecret = "Set the same LiveChat:Links:SecretFile on all nodes.";

    /// <summary>The caller's end. Returns what the other one said of itself. A refusal of this end is sent before it is
    /// thrown.</summary>
    /// <exception cref="LinkRefusedException">One of both refuses the other.</exception>
    /// <exception cref="EndOfStreamException">The call ended before.</exception>
    public static async Task<LinkHello> CallAsync(
        NodeEntry node,
        LinkHello mine,
        bool isProbe,
        LinkSecret? secret,
        Func<LinkOpening, Task> write,
        Func<Task<LinkMessage?>> read)
    {
        try
        {
            var asked = Begin(mine);
            asked.Probe = isProbe;
            await write(asked);
            var answer = await ReadAsync(read);
            ThrowIfRefused(answer);
            if (secret is not null && !secret.Accepts(answer.Proof.Span, LinkTranscript.Of(OfCalled, asked, answer)))
                throw new LinkRefusedException($"What answers at {node.Address} does not know the secret. {SetSecret}");
            var theirs = HelloOf(answer);
            if (theirs.Node != node.Name || theirs.Incarnation != node.Incarnation)
                throw new LinkRefusedException(
                    $"{theirs.Node} answers at {node.Address}, where {node.Name} announced itself, or another run of "
                    + "it.");
            await write(new LinkOpening
            {
                Version = Version,
                Proof = ProofOf(secret, LinkTranscript.Of(OfCaller, asked, answer)),
            });
            ThrowIfRefused(await ReadAsync(read));
            return theirs;
        }
        catch (LinkRefusedException refused) when (refused.InnerException is not RefusedByOther)
        {
            try
            {
                await TellAsync(refused, write);
                await read(); // To the end: what is under way would be lost with the call.
            }
            catch (Exception e) when (LinkErrors.IsEnd(e))
            {
                // The other end does not hear why.
            }

            throw;
        }
    }

    /// <summary>The called end: who calls, and whether it only asks. A refusal is sent before it is thrown.</summary>
    /// <exception cref="LinkRefusedException">The caller was refused.</exception>
    /// <exception cref="EndOfStreamException">The call ended before.</exception>
    public static async Task<(LinkHello Peer, bool IsProbe)> AnswerAsync(
        LinkHello? mine, LinkSecret? secret, Func<LinkOpening, Task> write, Func<Task<LinkMessage?>> read)
    {
        try
        {
            var asked = await ReadAsync(read);
            if (mine is null) throw new LinkRefusedException("The called node starts, and takes no calls yet.");
            if (asked.Version != Version)
                throw new LinkRefusedException(
                    $"The caller begins calls in version {asked.Version}, and this node in {Version}: one of both "
                    + "builds is too old.");
            if (asked.Nonce.Length != LinkSecret.NonceBytes)
                throw new LinkRefusedException("The caller's nonce has another length than it must.");
            var answer = Begin(mine);
            answer.Proof = ProofOf(secret, LinkTranscript.Of(OfCalled, asked, answer));
            await write(answer);

            // What a caller says of itself is neither told nor noted before it has proved that it belongs here.
            var proof = await ReadAsync(read);
            ThrowIfRefused(proof);
            if (secret is not null && !secret.Accepts(proof.Proof.Span, LinkTranscript.Of(OfCaller, asked, answer)))
                throw new LinkRefusedException($"The caller does not know the secret. {SetSecret}");
            var theirs = HelloOf(asked);
            if (mine.RefusalOf(theirs) is { } refusal) throw new LinkRefusedException(refusal);
            await write(new LinkOpening { Version = Version });
            return (theirs, asked.Probe);
        }
        catch (LinkRefusedException refused) when (refused.InnerException is not RefusedByOther)
        {
            await TellAsync(refused, write);
            throw;
        }
    }

    private static LinkOpening Begin(LinkHello mine) => new()
    {
        Version = Version,
        Hello = mine.ToByteString(),
        Nonce = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(LinkSecret.NonceBytes)),
    };

    private static ByteString ProofOf(LinkSecret? secret, LinkTranscript said) =>
        secret is null ? ByteString.Empty : ByteString.CopyFrom(secret.Prove(said));

    private static async Task<LinkOpening> ReadAsync(Func<Task<LinkMessage?>> read) =>
        await read() switch
        {
            null => throw new EndOfStreamException("The call ended at its beginning."),
            { Opening: { } opening } when opening.Hello.Length <= HelloBytesMax => opening,
            _ => throw new LinkRefusedException("The other end began the call with something else than an opening."),
        };

    private static Task TellAsync(LinkRefusedException refused, Func<LinkOpening, Task> write) =>
        write(new LinkOpening { Version = Version, Refusal = refused.Message });

    /// <summary>The other end's refusal, as a line of a log may have it; null when it says none.</summary>
    public static string? RefusalOf(LinkOpening opening) => opening.Refusal.Length == 0
        ? null
        : string.Concat(opening.Refusal.Take(RefusalLengthMax).Where(static letter => !char.IsControl(letter)));

    /// <exception cref="LinkRefusedException">The other end refuses this one.</exception>
    private static void ThrowIfRefused(LinkOpening opening)
    {
        if (RefusalOf(opening) is { } said) throw new LinkRefusedException(said, new RefusedByOther());
    }

    private static LinkHello HelloOf(LinkOpening opening)
    {
        try
        {
            return LinkHello.Parser.ParseFrom(opening.Hello);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new LinkRefusedException("The other end's hello cannot be read.", e);
        }
    }

    /// <summary>Marks a refusal that the other end has said, and knows.</summary>
    private sealed class RefusedByOther() : Exception("The other end said it.");
}
