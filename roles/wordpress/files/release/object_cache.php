<?php
// SPDX-FileCopyrightText: Terrace contributors
// SPDX-License-Identifier: GPL-3.0-or-later

/**
 * WordPress's object cache in Redis or Valkey, over TLS that is verified.
 *
 * Keys are SITE:GENERATION:GROUP:KEY; to flush is to begin another generation, which touches nobody else's keys. The site
 * works without the server too, slower: the first error of a request is logged, and the rest of it has a cache of its own.
 */
class WP_Object_Cache
{
    /** How long the server keeps what was given no time, in seconds. */
    private const LONGEST = 86400;
    /** Of one request: null once it has failed. */
    private ?Redis $redis = null;
    private string $prefix = '';
    /** @var array<string, array<string, mixed>> What this request knows, by group and key. */
    private array $known = [];
    /** @var array<string, true> Groups that are never sent. */
    private array $own = ['counts' => true, 'plugins' => true, 'themes' => true];
    public int $cache_hits = 0;
    public int $cache_misses = 0;

    public function __construct()
    {
        $this->attempt(function (): void {
            $redis = new Redis();
            $tls = TERRACE_CACHE['tls'];
            $context = $tls ? ['stream' => array_filter([
                'cafile' => TERRACE_CACHE['ca'], 'verify_peer' => true, 'verify_peer_name' => true, 'peer_name' => TERRACE_CACHE['host'],
            ])] : [];
            $host = ($tls ? 'tls://' : '') . TERRACE_CACHE['host'];
            if (!@$redis->connect($host, TERRACE_CACHE['port'], 1.0, null, 0, 1.0, $context)) {
                throw new RedisException('no connection');
            }
            if (isset(TERRACE_CACHE['auth'])) {
                $redis->auth(TERRACE_CACHE['auth']);
            }
            $redis->setOption(Redis::OPT_SERIALIZER, Redis::SERIALIZER_PHP);
            $this->redis = $redis;
            $this->prefix = TERRACE_CACHE['prefix'] . ':' . (int) $redis->rawCommand('GET', $this->generation()) . ':';
        });
    }

    /** Where the number of the generation is. */
    private function generation(): string
    {
        return TERRACE_CACHE['prefix'] . ':generation';
    }

    /** Do something with the server, or go on without it. */
    private function attempt(callable $task, mixed $otherwise = false): mixed
    {
        try {
            return $task();
        } catch (RedisException $error) {
            error_log('terrace: no object cache: ' . $error->getMessage());
            $this->redis = null;
            return $otherwise;
        }
    }

    private function shared(string $group): bool
    {
        return $this->redis !== null && !isset($this->own[$group]);
    }

    private function name(string|int $key, string $group): string
    {
        return $this->prefix . $group . ':' . $key;
    }

    /** @return array<string, mixed> Options of SET. */
    private function expiry(int $seconds): array
    {
        return ['ex' => $seconds > 0 ? min($seconds, self::LONGEST) : self::LONGEST];
    }

    /** Objects are copies: who changes one that was stored or found does not change the cache. */
    private static function copy(mixed $data): mixed
    {
        return is_object($data) ? clone $data : $data;
    }

    public function get(string|int $key, string $group, bool $force, ?bool &$found): mixed
    {
        if (!$force && array_key_exists($key, $this->known[$group] ?? [])) {
            $found = true;
            $this->cache_hits++;
            return self::copy($this->known[$group][$key]);
        }
        return $this->get_multiple([$key], $group, $force, $found)[$key];
    }

    /** @return array<string|int, mixed> */
    public function get_multiple(array $keys, string $group, bool $force, ?bool &$found = null): array
    {
        $known = $this->known[$group] ?? [];
        if ($force && $this->shared($group)) {
            $known = array_diff_key($known, array_flip($keys));
        }
        $missing = array_values(array_filter($keys, fn($key) => !array_key_exists($key, $known)));
        if ($missing && $this->shared($group)) {
            $names = array_map(fn($key) => $this->name($key, $group), $missing);
            // False is a value too: what is stored is a list of the value.
            $values = $this->attempt(fn() => $this->redis->mget($names), []);
            foreach ($missing as $index => $key) {
                if (is_array($values[$index] ?? false)) {
                    $known[$key] = $this->known[$group][$key] = $values[$index][0];
                }
            }
        }
        $found = false;
        $answer = [];
        foreach ($keys as $key) {
            $found = array_key_exists($key, $known);
            $found ? $this->cache_hits++ : $this->cache_misses++;
            $answer[$key] = $found ? self::copy($known[$key]) : false;
        }
        return $answer;
    }

    public function set(string|int $key, mixed $data, string $group, int $expire): bool
    {
        $data = $this->known[$group][$key] = self::copy($data);
        return !$this->shared($group)
            || (bool) $this->attempt(fn() => $this->redis->set($this->name($key, $group), [$data], $this->expiry($expire)), true);
    }

    public function add(string|int $key, mixed $data, string $group, int $expire): bool
    {
        if (wp_suspend_cache_addition() || array_key_exists($key, $this->known[$group] ?? [])) {
            return false;
        }
        if ($this->shared($group)) {
            $options = ['nx', ...$this->expiry($expire)];
            if (!$this->attempt(fn() => $this->redis->set($this->name($key, $group), [$data], $options), true)) {
                return false;
            }
        }
        $this->known[$group][$key] = self::copy($data);
        return true;
    }

    public function replace(string|int $key, mixed $data, string $group, int $expire): bool
    {
        $this->get($key, $group, false, $found);
        return $found && $this->set($key, $data, $group, $expire);
    }

    public function delete(string|int $key, string $group): bool
    {
        $known = array_key_exists($key, $this->known[$group] ?? []);
        unset($this->known[$group][$key]);
        return $this->shared($group) ? $this->attempt(fn() => $this->redis->del($this->name($key, $group)), 0) > 0 : $known;
    }

    /** Change a number by an offset. Not atomic between hosts, as WordPress's own. */
    public function change(string|int $key, int $offset, string $group): int|false
    {
        $value = $this->get($key, $group, true, $found);
        if (!$found) {
            return false;
        }
        $value = max(0, (is_numeric($value) ? (int) $value : 0) + $offset);
        $this->set($key, $value, $group, 0);
        return $value;
    }

    public function flush(): bool
    {
        $this->known = [];
        if ($this->redis) {
            $this->attempt(function (): void {
                $this->prefix = TERRACE_CACHE['prefix'] . ':' . $this->redis->incr($this->generation()) . ':';
            });
        }
        return true;
    }

    public function flush_runtime(): bool
    {
        $this->known = [];
        return true;
    }

    public function keep(array $groups): void
    {
        $this->own += array_fill_keys($groups, true);
    }

    public function close(): bool
    {
        $this->redis?->close();
        $this->redis = null;
        return true;
    }
}

// WordPress's interface: https://developer.wordpress.org/reference/classes/wp_object_cache/

function wp_cache_init()
{
    $GLOBALS['wp_object_cache'] = new WP_Object_Cache();
}

function wp_cache_supports($feature)
{
    return in_array($feature, ['add_multiple', 'set_multiple', 'get_multiple', 'delete_multiple', 'flush_runtime'], true);
}

function wp_cache_get($key, $group = '', $force = false, &$found = null)
{
    return $GLOBALS['wp_object_cache']->get($key, $group ?: 'default', $force, $found);
}

function wp_cache_get_multiple($keys, $group = '', $force = false)
{
    return $GLOBALS['wp_object_cache']->get_multiple($keys, $group ?: 'default', $force);
}

function wp_cache_set($key, $data, $group = '', $expire = 0)
{
    return $GLOBALS['wp_object_cache']->set($key, $data, $group ?: 'default', (int) $expire);
}

function wp_cache_set_multiple(array $data, $group = '', $expire = 0)
{
    return array_combine(array_keys($data), array_map(fn($key) => wp_cache_set($key, $data[$key], $group, $expire), array_keys($data)));
}

function wp_cache_add($key, $data, $group = '', $expire = 0)
{
    return $GLOBALS['wp_object_cache']->add($key, $data, $group ?: 'default', (int) $expire);
}

function wp_cache_add_multiple(array $data, $group = '', $expire = 0)
{
    return array_combine(array_keys($data), array_map(fn($key) => wp_cache_add($key, $data[$key], $group, $expire), array_keys($data)));
}

function wp_cache_replace($key, $data, $group = '', $expire = 0)
{
    return $GLOBALS['wp_object_cache']->replace($key, $data, $group ?: 'default', (int) $expire);
}

function wp_cache_delete($key, $group = '')
{
    return $GLOBALS['wp_object_cache']->delete($key, $group ?: 'default');
}

function wp_cache_delete_multiple(array $keys, $group = '')
{
    return array_combine($keys, array_map(fn($key) => wp_cache_delete($key, $group), $keys));
}

function wp_cache_incr($key, $offset = 1, $group = '')
{
    return $GLOBALS['wp_object_cache']->change($key, (int) $offset, $group ?: 'default');
}

function wp_cache_decr($key, $offset = 1, $group = '')
{
    return $GLOBALS['wp_object_cache']->change($key, -(int) $offset, $group ?: 'default');
}

function wp_cache_flush()
{
    return $GLOBALS['wp_object_cache']->flush();
}

function wp_cache_flush_runtime()
{
    return $GLOBALS['wp_object_cache']->flush_runtime();
}

function wp_cache_close()
{
    return $GLOBALS['wp_object_cache']->close();
}

/** All groups are the site's: this is for networks of sites, which have one cache. */
function wp_cache_add_global_groups($groups)
{
}

function wp_cache_add_non_persistent_groups($groups)
{
    $GLOBALS['wp_object_cache']->keep((array) $groups);
}

function wp_cache_switch_to_blog($blog_id)
{
}
