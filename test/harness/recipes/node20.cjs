// For gitlab-ci-local, which wants Node.js 22: all that it lacks in 20.
Set.prototype.union ??= function (other) {
  return new Set([...this, ...other]);
};
