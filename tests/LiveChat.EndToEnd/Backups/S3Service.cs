using System.Globalization;
using Amazon.S3;
using LiveChat.Tests.Running;

namespace LiveChat.EndToEnd.Backups;

/// <summary>A real S3 API. Its address and keys are in the environment of this process, where the AWS library and the
/// commands that are started look for them.</summary>
public sealed class S3Service : ServiceCluster
{
    private int _buckets;

    public S3Service()
        : this(FreePorts.ForServer())
    {
    }

    private S3Service(int port)
        : base("s3", port, nodes: 1, ("S3_ADDRESS", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}")))
    {
    }

    protected override bool MayBeAnother => true;

    /// <summary>A bucket of its own.</summary>
    public async Task<string> NewBucketAsync()
    {
        var bucket = string.Create(
            CultureInfo.InvariantCulture, $"backups-{Environment.ProcessId}-{Interlocked.Increment(ref _buckets)}");
        using var client = new AmazonS3Client(new AmazonS3Config
        {
            ServiceURL = $"http://{Nodes[0]}", ForcePathStyle = true, AuthenticationRegion = "us-east-1",
        });
        await client.PutBucketAsync(bucket);
        return bucket;
    }

    /// <summary>Starts one again that was killed.</summary>
    public Task StartAgainAsync() => RunAsync("start", Folder);

    /// <summary>Names it to this process.</summary>
    public void Name()
    {
        Require();
        Environment.SetEnvironmentVariable("AWS_ENDPOINT_URL", $"http://{Nodes[0]}");
        Environment.SetEnvironmentVariable("AWS_ACCESS_KEY_ID", "livechat");
        Environment.SetEnvironmentVariable("AWS_SECRET_ACCESS_KEY", "livechat-secret");
        Environment.SetEnvironmentVariable("AWS_REGION", "us-east-1");
    }
}
